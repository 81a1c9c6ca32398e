# Sets queue_version to that of the moodycamel queue's header: `1.0.3`, `before
# 1.0.4`, or nothing when it cannot be told. The header has no version of its
# own, so the package that it came in is asked, else what it holds.

find_path(CONCURRENTQUEUE_INCLUDE_DIR concurrentqueue/concurrentqueue.h)
set(queue_version "")
set(queue_header
    ${CONCURRENTQUEUE_INCLUDE_DIR}/concurrentqueue/concurrentqueue.h)
find_program(DPKG_QUERY dpkg-query)
mark_as_advanced(DPKG_QUERY)
if(DPKG_QUERY AND EXISTS "${queue_header}")
  execute_process(
    COMMAND "${DPKG_QUERY}" --search "${queue_header}"
    OUTPUT_VARIABLE owner ERROR_QUIET)
  if(owner MATCHES "^([a-z0-9.+-]+)[:,]")
    execute_process(
      COMMAND "${DPKG_QUERY}" --show --showformat
              "\${source:Upstream-Version}" "${CMAKE_MATCH_1}"
      OUTPUT_VARIABLE packaged ERROR_QUIET)
    string(REGEX MATCH "^[0-9]+\\.[0-9]+\\.[0-9]+" queue_version "${packaged}")
  endif()
endif()
if(queue_version STREQUAL "" AND EXISTS "${queue_header}")
  # A trait that came with 1.0.4.
  file(STRINGS "${queue_header}" recycle REGEX "RECYCLE_ALLOCATED_BLOCKS")
  if(NOT recycle)
    set(queue_version "before 1.0.4")
  endif()
endif()
