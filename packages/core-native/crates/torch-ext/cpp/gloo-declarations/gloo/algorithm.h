// Part of the declarations that c10d's Gloo header needs; see process_group.cpp.
#pragma once
