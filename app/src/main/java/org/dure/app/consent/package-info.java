/// How an institution is asked, in its own language, whether a study may take out what it wants.
@NullMarked
package org.dure.app.consent;

import org.jspecify.annotations.NullMarked;
