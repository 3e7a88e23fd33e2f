/// How verbs are read and how they speak: results and what is said beside them, what is wrong with
/// a command line, names of languages, lines of text, manual pages.
@NullMarked
package org.dure.app.terminal;

import org.jspecify.annotations.NullMarked;
