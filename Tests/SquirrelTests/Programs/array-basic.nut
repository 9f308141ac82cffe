local a = [1, "two", 3.0, null, [4]]
print(a.len() + " " + a[1] + " " + a[4][0] + " " + a[3] + "\n")
a[0] = "one"; a.append(6); a.push(7); print(a[0] + a[5] + a[6] + " " + a.len() + "\n")
print(a.pop() + " " + a.top() + " " + a.len() + "\n")
print([].len() + " " + [1,2,3,].len() + " " + [1 2 3].len() + "\n")
