local a = @"abc
