// Abandon: the last act of a process that leaves at once.
//
// Threads: any; others may still be writing.
#ifndef TILLSTORM_STORAGE_ABANDON_H_
#define TILLSTORM_STORAGE_ABANDON_H_

namespace tillstorm {

// Removes every partial file and throw-away dataset that this process is
// writing, and ends the PostgreSQL servers that it started. Whoever uses them
// gets an error later.
void AbandonStorage();

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_ABANDON_H_
