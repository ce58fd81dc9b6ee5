// The random numbers of the core as Python sees them.
#pragma once

#include <nanobind/nanobind.h>

void add_random(nanobind::module_& module);
