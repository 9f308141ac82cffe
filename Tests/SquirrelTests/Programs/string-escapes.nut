print("tab\there\nnew \"quoted\" back\\slash \x41\x42 \'q\'\n")
print(@"verbatim \n ""quoted"" here" + "\n")
print("\x48\x69!" + "\n")
print("a\0b".len() + "\n")
print(@"two
lines" + "\n")
