using CsAligner.Adapters;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>A training of a sweep, or a fit of a baseline: what was asked for in the end, what came of it, and what it took.</summary>
/// <param name="Options">Options of the training.</param>
/// <param name="Images">Maps images; tokens for adapters that use them.</param>
/// <param name="Texts">Maps texts.</param>
/// <param name="Parameters">Values that trained.</param>
/// <param name="Seconds">Wall time, with that of automatic choices.</param>
/// <param name="PeakBytes">The peak of memory.</param>
internal sealed record SweepTraining(AlignmentOptions Options, Func<Tensor, ITokenSource?, Tensor> Images,
    Func<Tensor, ITokenSource?, Tensor> Texts, long Parameters, double Seconds, long PeakBytes)
{
    /// <summary>The setting that was chosen for a baseline; NaN if there is none.</summary>
    public double Setting { get; init; } = double.NaN;
}
