using CsAligner.Evaluation;

namespace CsAligner.Reports.Content;

/// <summary>The gap of one method taken apart: its parts, how well a plane tells the modalities apart,
/// and distances of four kinds.</summary>
internal sealed record GapAnalysis(string Method, GapSplit Split, LinearSeparability Separability, PairDistances Distances)
{
    /// <summary>Analyses paired features [N, D].</summary>
    public static GapAnalysis Of(string method, Tensors.Tensor images, Tensors.Tensor texts, Objectives.BandwidthRule? bandwidth = null,
        ulong seed = 0) =>
        new(method, GapSplit.Measure(images, texts, bandwidth, seed), LinearSeparability.Measure(images, texts, seed),
            PairDistances.Of(images, texts));
}
