/// The demo: the whole path with four languages on one machine.
@NullMarked
package org.dure.app.demo;

import org.jspecify.annotations.NullMarked;
