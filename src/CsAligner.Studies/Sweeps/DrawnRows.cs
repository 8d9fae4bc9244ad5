using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>The rows that one run is fitted to.</summary>
/// <param name="Images">[N, D], where they are taken from.</param>
/// <param name="Texts">[N, E].</param>
/// <param name="Pairs">Rows of both that are known to belong together.</param>
/// <param name="UnpairedImages">Images without a partner.</param>
/// <param name="UnpairedTexts">Texts without a partner.</param>
internal sealed record DrawnRows(Tensor Images, Tensor Texts, int[] Pairs, int[] UnpairedImages, int[] UnpairedTexts)
{
    /// <summary>The same as training takes it.</summary>
    public AlignmentData ToData() => Pairs.Length == 0
        ? AlignmentData.WithoutPairs(FeatureRows.Take(Images, UnpairedImages), FeatureRows.Take(Texts, UnpairedTexts))
        : new AlignmentData(FeatureRows.Take(Images, Pairs), FeatureRows.Take(Texts, Pairs))
        {
            UnpairedImages = UnpairedImages.Length > 0 ? FeatureRows.Take(Images, UnpairedImages) : null,
            UnpairedTexts = UnpairedTexts.Length > 0 ? FeatureRows.Take(Texts, UnpairedTexts) : null,
        };
}
