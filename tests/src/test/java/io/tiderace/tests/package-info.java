/**
 * Tests that need more than one module or a real server. {@link io.tiderace.tests.Servers} starts what they share, once in a process and
 * when first asked; each test takes fresh names in it. Nothing depends on this module.
 */
@NullMarked
package io.tiderace.tests;

import org.jspecify.annotations.NullMarked;
