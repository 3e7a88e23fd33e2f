/// The belt rehearsed over wide-area links, with kills: the rehearsal, its expectations, its
/// report.
@NullMarked
package org.dure.app.lab;

import org.jspecify.annotations.NullMarked;
