/// What is known and counted of a study beside its log, and what is wrong with it: what the console
/// and `dure status` show.
@NullMarked
package org.dure.federation.status;

import org.jspecify.annotations.NullMarked;
