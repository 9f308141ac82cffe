#pragma once
// Linux; glibc hides it from Swift behind _GNU_SOURCE.
int syncfs(int file_descriptor);
