// libusb-1.0 as the system has it; pkg-config says where.
#include <libusb.h>
