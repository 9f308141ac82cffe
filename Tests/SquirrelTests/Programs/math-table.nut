print(math.sqrt(16) + " " + math.sqrt(2) + " " + math.fabs(-1.5) + " " + math.abs(-7) + " " + math.floor(2.7) + " " + math.ceil(2.1) + " " + math.floor(-2.5) + "\n")
print(math.sin(0) + " " + math.cos(0) + " " + math.sin(1) + " " + math.atan2(1, 1) + " " + math.pow(2, 10) + " " + math.exp(1) + " " + math.log(10) + " " + math.log10(1000) + "\n")
print(math.PI + " " + math.tan(0.5) + " " + math.asin(1) + " " + math.acos(0) + " " + math.atan(1) + " " + math.RAND_MAX + "\n"); print(math.abs(-2.9) + "\n")
