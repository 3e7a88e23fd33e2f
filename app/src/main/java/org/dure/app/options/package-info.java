/// Options that several verbs share.
@NullMarked
package org.dure.app.options;

import org.jspecify.annotations.NullMarked;
