using CsAligner.Objectives;

namespace CsAligner.Training;

/// <summary>One setting that an automatic choice has tried.</summary>
/// <param name="Bandwidth">The rule for sigma.</param>
/// <param name="Lambda">The weight of InfoNCE.</param>
/// <param name="CsDivergence">Off-diagonal D_CS at within*0.35 of rows that were not trained on.</param>
/// <param name="MeanRecallAt1">The mean of both directions on the same rows.</param>
public sealed record AutomaticChoiceCell(BandwidthRule Bandwidth, double Lambda, double CsDivergence, double MeanRecallAt1);
