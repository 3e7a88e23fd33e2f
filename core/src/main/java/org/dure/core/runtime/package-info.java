/// How a process of Dure runs: its long-lived tasks, what ends it, its progress, what it remembers,
/// whom its listeners answer.
@NullMarked
package org.dure.core.runtime;

import org.jspecify.annotations.NullMarked;
