// The kernel's own opinion of its clock, which glibc's module leaves out.
#pragma once
#include <sys/timex.h>
