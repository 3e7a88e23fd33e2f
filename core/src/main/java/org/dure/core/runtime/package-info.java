/// How a process of Dure runs: its long-lived tasks, what ends it, its progress, what it remembers.
@NullMarked
package org.dure.core.runtime;

import org.jspecify.annotations.NullMarked;
