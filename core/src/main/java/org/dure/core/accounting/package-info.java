/// What training with noise has told of any one document at most: accountants of differential
/// privacy for the sampled Gaussian mechanism, as pure functions.
///
/// ```
/// SampledGaussian (noise, sample rate, steps), any number of them
///   | RenyiAccountant     moments, in closed form             -> epsilon, an upper bound
///   | NumericalAccountant the loss itself, by FFT, with bounds -> epsilon, a closer upper bound
///   v
/// PrivacyAccountant       the smaller of two upper bounds
/// ```
///
/// Two corpora are neighbours if one has a document more: nothing that is promised here is about a
/// person whose words stand in many documents.
///
/// Sources: Abadi et al. 2016 (DP-SGD); Mironov 2017 and Mironov, Talwar, Zhang 2019 (Renyi
/// accounting); Canonne, Kamath, Steinke 2020 and Balle et al. 2020 (to epsilon and delta); Gopi,
/// Lee, Wutschitz 2021 (numerical composition).
@NullMarked
package org.dure.core.accounting;

import org.jspecify.annotations.NullMarked;
