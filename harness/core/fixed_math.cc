#include "harness/core/fixed_math.h"

#include <array>
#include <bit>
#include <cstddef>
#include <limits>

#include "harness/core/check.h"

namespace tillstorm {
namespace {

// Inside this file values of about 1 have 62 fraction bits (Q62): the largest
// that leaves room for [1, 2) in an int64_t.
constexpr uint64_t kOneQ62 = uint64_t{1} << 62;
constexpr uint64_t kLn2Q62 = 3'196'577'161'300'663'915;    // ln(2) * 2^62
constexpr uint64_t kLog2EQ62 = 6'653'256'548'922'161'246;  // 2^62 / ln(2)
constexpr int kCellBits = 6;  // both tables below divide [1, 2) in 64 cells
constexpr size_t kCells = size_t{1} << kCellBits;

constexpr uint64_t MulQ62(uint64_t a, uint64_t b) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(a) * b) >> 62);
}

// 2^(i / 64) in Q62, a product of 2^(1/2), 2^(1/4) ... 2^(1/64): at most six
// factors, so the error is below 2^-59. The factors are from 60 digits.
constexpr std::array<uint64_t, kCells> kExp2Cells = [] {
  constexpr std::array<uint64_t, kCellBits> kRoots = {
      6'521'908'912'666'391'106, 5'484'249'825'272'419'512,
      5'029'079'263'719'320'435, 4'815'862'801'830'788'490,
      4'712'668'792'719'003'884, 4'661'903'986'662'671'290};
  std::array<uint64_t, kCells> cells{};
  for (size_t i = 0; i < kCells; ++i) {
    cells[i] = kOneQ62;
    for (size_t bit = 0; bit < kCellBits; ++bit) {
      if ((i >> (kCellBits - 1 - bit) & 1) != 0) {
        cells[i] = MulQ62(cells[i], kRoots[bit]);
      }
    }
  }
  return cells;
}();

// 2^f in Q62 for a fraction f of 64 bits: the cell's power times e^y, y below
// ln(2) / 64, by five terms of its series. Relative error below 2^-48.
uint64_t Exp2Fraction(uint64_t f) {
  const uint64_t rest = f << kCellBits >> kCellBits;
  const auto y = static_cast<uint64_t>(
      (static_cast<unsigned __int128>(rest) * kLn2Q62) >> 64);
  uint64_t sum = kOneQ62;
  for (uint64_t k = 5; k > 0; --k) sum = kOneQ62 + MulQ62(y, sum) / k;
  return MulQ62(sum, kExp2Cells[f >> (64 - kCellBits)]);
}

// 2^(whole + f / 2^64) in Q32, rounded to nearest; saturates.
int64_t Exp2Parts(int64_t whole, uint64_t f) {
  TS_DCHECK(whole <= 30);
  if (whole > 30) return std::numeric_limits<int64_t>::max();
  if (whole < -33) return 0;
  const auto shift = static_cast<unsigned>(30 - whole);
  uint64_t value = Exp2Fraction(f);
  if (shift > 0) value = (value + (uint64_t{1} << (shift - 1))) >> shift;
  return static_cast<int64_t>(value);
}

struct LogCell {
  uint64_t reciprocal;  // of the cell's middle, in 63 fraction bits
  uint64_t log2;        // minus the binary logarithm of exactly that, in Q62
};

// log2 of x / 2^63 in Q62, x in [2^63, 2^64), a bit at a time by squaring.
// Error below 2^-57.
constexpr uint64_t Log2BySquaring(uint64_t x) {
  uint64_t log = 0;
  unsigned __int128 square = x;
  for (int bit = 61; bit >= 0; --bit) {
    square = (square * square) >> 63;
    if ((square >> 64) == 0) continue;
    square >>= 1;
    log |= uint64_t{1} << bit;
  }
  return log;
}

constexpr std::array<LogCell, kCells> kLogCells = [] {
  std::array<LogCell, kCells> cells{};
  for (size_t i = 0; i < kCells; ++i) {
    const uint64_t middle = (2 * (kCells + i) + 1) << (62 - kCellBits);
    const auto reciprocal = static_cast<uint64_t>(
        (static_cast<unsigned __int128>(1) << 126) / middle);
    // log2 of twice the reciprocal, which lies in [1, 2).
    cells[i] = {reciprocal, kOneQ62 - Log2BySquaring(reciprocal << 1)};
  }
  return cells;
}();

constexpr int kLogBits = 57;

// log2 of a Q32 value with 57 fraction bits. With c the reciprocal of the
// middle of its cell, log2(x) = log2(x * c) - log2(c), and x * c = 1 + z with
// |z| <= 2^-7, so that eight terms of the series of ln(1 + z) suffice. Error
// below 2^-50.
int64_t Log2Q57(int64_t x) {
  TS_DCHECK(x > 0);
  const auto value = static_cast<uint64_t>(x);
  const int zeros = std::countl_zero(value);
  const uint64_t mantissa = value << zeros;  // [2^63, 2^64)
  const LogCell& cell = kLogCells[mantissa << 1 >> (64 - kCellBits)];
  const auto product = static_cast<uint64_t>(
      (static_cast<unsigned __int128>(mantissa) * cell.reciprocal) >> 64);
  const auto one = static_cast<int64_t>(kOneQ62);
  const int64_t z = static_cast<int64_t>(product) - one;
  const auto mul = [](int64_t a, int64_t b) {
    return static_cast<int64_t>((static_cast<__int128>(a) * b) >> 62);
  };
  int64_t sum = 0;
  for (int64_t k = 8; k > 0; --k) sum = one / k - mul(z, sum);
  const int64_t fraction = static_cast<int64_t>(
      ((static_cast<__int128>(mul(z, sum)) * kLog2EQ62) >> 62) +
      static_cast<int64_t>(cell.log2));
  return (int64_t{31 - zeros} << kLogBits) + (fraction >> (62 - kLogBits));
}

// Quantiles of the standard normal distribution: minus the quantile, in 29
// fraction bits, at the probabilities
//   (32 + j) / 64 * 2^-k   for k = 15 ... 1 and j = 0 ... 31, and at 1/2,
// 32 cells per halving of the probability, so that linear interpolation is as
// good in the tail (error below 5e-5) as in the middle. Made with Python 3.11:
//   from statistics import NormalDist
//   [round(-NormalDist().inv_cdf(((32 + j) << (k - 5)) / 2**32) * 2**29)
//    for k in range(16, 31) for j in range(32)] + [0]
constexpr std::array<uint32_t, 15 * 32 + 1> kNormalKnots = {
    2238520485, 2234752278, 2231091046, 2227530723, 2224065747, 2220691006,
    2217401794, 2214193763, 2211062895, 2208005463, 2205018005, 2202097302,
    2199240353, 2196444357, 2193706694, 2191024912, 2188396710, 2185819929,
    2183292538, 2180812625, 2178378389, 2175988129, 2173640239, 2171333199,
    2169065570, 2166835990, 2164643166, 2162485870, 2160362936, 2158273253,
    2156215765, 2154189467, 2152193399, 2148288329, 2144493715, 2140803299,
    2137211347, 2133712587, 2130302165, 2126975598, 2123728741, 2120557749,
    2117459051, 2114429327, 2111465480, 2108564619, 2105724041, 2102941217,
    2100213772, 2097539476, 2094916236, 2092342077, 2089815139, 2087333667,
    2084896002, 2082500577, 2080145905, 2077830581, 2075553268, 2073312699,
    2071107669, 2068937033, 2066799700, 2064694629, 2062620831, 2058563311,
    2054620073, 2050784652, 2047051125, 2043414045, 2039868396, 2036409546,
    2033033211, 2029735416, 2026512473, 2023360948, 2020277639, 2017259560,
    2014303914, 2011408087, 2008569622, 2005786216, 2003055701, 2000376037,
    1997745299, 1995161672, 1992623440, 1990128982, 1987676760, 1985265319,
    1982893277, 1980559324, 1978262211, 1976000754, 1973773823, 1971580343,
    1969419289, 1965190585, 1961080395, 1957082029, 1953189352, 1949396727,
    1945698959, 1942091251, 1938569165, 1935128587, 1931765694, 1928476929,
    1925258976, 1922108740, 1919023324, 1916000017, 1913036276, 1910129712,
    1907278078, 1904479259, 1901731262, 1899032203, 1896380304, 1893773883,
    1891211347, 1888691186, 1886211968, 1883772333, 1881370987, 1879006700,
    1876678302, 1874384677, 1872124761, 1867702039, 1863402545, 1859219337,
    1855146050, 1851176831, 1847306289, 1843529443, 1839841688, 1836238750,
    1832716660, 1829271724, 1825900499, 1822599768, 1819366524, 1816197950,
    1813091403, 1810044401, 1807054611, 1804119833, 1801237995, 1798407141,
    1795625423, 1792891091, 1790202489, 1787558048, 1784956278, 1782395765,
    1779875165, 1777393197, 1774948645, 1772540348, 1770167199, 1765522167,
    1761005652, 1756610432, 1752329881, 1748157910, 1744088906, 1740117686,
    1736239453, 1732449759, 1728744470, 1725119740, 1721571982, 1718097845,
    1714694197, 1711358103, 1708086809, 1704877729, 1701728430, 1698636621,
    1695600142, 1692616953, 1689685128, 1686802842, 1683968370, 1681180074,
    1678436401, 1675735875, 1673077095, 1670458726, 1667879497, 1665338198,
    1662833675, 1657930594, 1653162012, 1648520391, 1643998817, 1639590929,
    1635290869, 1631093224, 1626992984, 1622985503, 1619066461, 1615231840,
    1611477892, 1607801117, 1604198239, 1600666190, 1597202092, 1593803241,
    1590467093, 1587191253, 1583973460, 1580811582, 1577703603, 1574647615,
    1571641811, 1568684479, 1565773993, 1562908809, 1560087460, 1557308548,
    1554570744, 1551872780, 1549213447, 1544006109, 1538940099, 1534007521,
    1529201129, 1524514262, 1519940779, 1515475006, 1511111693, 1506845966,
    1502673299, 1498589475, 1494590565, 1490672895, 1486833030, 1483067751,
    1479374037, 1475749049, 1472190118, 1468694728, 1465260508, 1461885216,
    1458566736, 1455303064, 1452092303, 1448932653, 1445822406, 1442759940,
    1439743713, 1436772255, 1433844170, 1430958125, 1428112848, 1422539800,
    1417115950, 1411832993, 1406683306, 1401659880, 1396756252, 1391966452,
    1387284949, 1382706614, 1378226679, 1373840703, 1369544547, 1365334339,
    1361206460, 1357157516, 1353184324, 1349283891, 1345453402, 1341690203,
    1337991794, 1334355811, 1330780020, 1327262307, 1323800670, 1320393208,
    1317038121, 1313733694, 1310478299, 1307270386, 1304108478, 1300991169,
    1297917114, 1291893699, 1286028642, 1280313164, 1274739210, 1269299367,
    1263986799, 1258795191, 1253718692, 1248751873, 1243889689, 1239127437,
    1234460734, 1229885480, 1225397842, 1220994225, 1216671254, 1212425758,
    1208254753, 1204155427, 1200125126, 1196161344, 1192261713, 1188423990,
    1184646049, 1180925875, 1177261555, 1173651271, 1170093294, 1166585977,
    1163127753, 1159717126, 1156352671, 1149756887, 1143330210, 1137063307,
    1130947614, 1124975249, 1119138940, 1113431967, 1107848105, 1102381574,
    1097027000, 1091779380, 1086634040, 1081586616, 1076633020, 1071769421,
    1066992222, 1062298041, 1057683695, 1053146186, 1048682680, 1044290506,
    1039967133, 1035710169, 1031517342, 1027386503, 1023315606, 1019302709,
    1015345966, 1011443616, 1007593985, 1003795473, 1000046556, 992691746,
    985518652,  978517292,  971678497,  964993829,  958455501,  952056315,
    945789600,  939649161,  933629238,  927724463,  921929826,  916240641,
    910652523,  905161359,  899763287,  894454675,  889232104,  884092350,
    879032371,  874049293,  869140396,  864303106,  859534982,  854833708,
    850197085,  845623022,  841109530,  836654715,  832256773,  827913981,
    823624696,  815200438,  806972248,  798929359,  791061882,  783360709,
    775817434,  768424281,  761174043,  754060025,  747076000,  740216162,
    733475089,  726847712,  720329281,  713915343,  707601712,  701384454,
    695259861,  689224436,  683274880,  677408073,  671621063,  665911054,
    660275394,  654711566,  649217180,  643789963,  638427749,  633128479,
    627890187,  622710997,  617589121,  607510539,  597641627,  587970636,
    578486765,  569180061,  560041328,  551062055,  542234343,  533550853,
    525004746,  516589644,  508299585,  500128986,  492072614,  484125553,
    476283182,  468541147,  460895343,  453341893,  445877133,  438497593,
    431199988,  423981197,  416838259,  409768358,  402768813,  395837071,
    388970698,  382167369,  375424864,  368741061,  362113927,  349021965,
    336134348,  323437587,  310919212,  298567655,  286372155,  274322679,
    262409838,  250624829,  238959377,  227405679,  215956359,  204604433,
    193343263,  182166532,  171068206,  160042514,  149083920,  138187097,
    127346913,  116558405,  105816765,  95117323,   84455531,   73826946,
    63227220,   52652086,   42097344,   31558848,   21032501,   10514233,
    0,
};
// Below 2^-16 the values run on to 4.2, beyond which 1.3e-5 of the true
// distribution lies.
constexpr int64_t kNormalEndQ32 = 18'038'862'643;  // 4.2 * 2^32
constexpr int kNormalTailBits = 16;

// Minus the quantile at q / 2^32. REQUIRES: q <= 2^31.
int64_t NormalMagnitudeQ32(uint32_t q) {
  const auto knot = [](size_t i) { return int64_t{kNormalKnots[i]} << 3; };
  if (q < (1U << kNormalTailBits)) {
    return kNormalEndQ32 - (((kNormalEndQ32 - knot(0)) * q) >> kNormalTailBits);
  }
  const int octave = 31 - std::countl_zero(q);
  const int shift = octave - 5;
  const auto cell = static_cast<size_t>((octave - kNormalTailBits) * 32 +
                                        static_cast<int>(q >> shift) - 32);
  if (cell + 1 == kNormalKnots.size()) return 0;  // q is 2^31
  const int64_t rest = q & ((1U << shift) - 1);
  return knot(cell) - (((knot(cell) - knot(cell + 1)) * rest) >> shift);
}

}  // namespace

int64_t Exp2Q32(int64_t x) {
  return Exp2Parts(x >> 32, static_cast<uint64_t>(x) << 32);
}

int64_t ExpQ32(int64_t x) {
  const __int128 exponent = static_cast<__int128>(x) * kLog2EQ62;  // Q94
  return Exp2Parts(static_cast<int64_t>(exponent >> 94),
                   static_cast<uint64_t>(exponent >> 30));
}

int64_t Log2Q32(int64_t x) {
  constexpr int kDropped = kLogBits - 32;
  return (Log2Q57(x) + (int64_t{1} << (kDropped - 1))) >> kDropped;
}

int64_t PowQ32(int64_t base, int64_t exponent) {
  const __int128 power = static_cast<__int128>(exponent) * Log2Q57(base);
  constexpr int kFractionBits = 32 + kLogBits;
  return Exp2Parts(static_cast<int64_t>(power >> kFractionBits),
                   static_cast<uint64_t>(power >> (kFractionBits - 64)));
}

int64_t NormalQ32(uint32_t p) {
  constexpr uint32_t kHalf = 1U << 31;
  return p <= kHalf ? -NormalMagnitudeQ32(p) : NormalMagnitudeQ32(0U - p);
}

}  // namespace tillstorm
