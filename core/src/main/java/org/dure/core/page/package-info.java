/// What pages for people are made of: HTML, and words in their language.
@NullMarked
package org.dure.core.page;

import org.jspecify.annotations.NullMarked;
