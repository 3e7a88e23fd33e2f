/// What a study does at a region, and the process of a region around it.
@NullMarked
package org.dure.app.workload;

import org.jspecify.annotations.NullMarked;
