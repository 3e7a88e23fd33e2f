/// What a study would give away of a region's text, tried with marked sentences.
@NullMarked
package org.dure.app.audit;

import org.jspecify.annotations.NullMarked;
