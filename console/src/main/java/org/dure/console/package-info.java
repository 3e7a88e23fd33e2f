/// The hub's and a region's pages: what the belt does now, what is wrong with it, and its figures
/// for Prometheus and the terminal. Everything that a person reads is in
/// `messages/console_*.properties`.
@NullMarked
package org.dure.console;

import org.jspecify.annotations.NullMarked;
