using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Studies.Baselines;

/// <summary>Chooses a baseline's setting on pairs that it is neither fitted to nor tested on.</summary>
internal static class BaselineChoice
{
    /// <summary>How, for the page.</summary>
    public const string Rule = "the mean of both mixed R@10 of held-out pairs";

    /// <summary>The setting that finds most partners in one index of both modalities; the first of equal ones.</summary>
    /// <param name="baseline">The baseline.</param>
    /// <param name="fit">It, fitted.</param>
    /// <param name="images">[N, D] held-out images.</param>
    /// <param name="texts">[N, D], row i the partner of row i.</param>
    /// <returns>One of its settings; NaN if it has none.</returns>
    public static double Of(Baseline baseline, Func<double, BaselineMaps> fit, Tensor images, Tensor texts)
    {
        var pairing = Pairing.Diagonal(images.Rows);
        var best = (Setting: double.NaN, Found: double.NegativeInfinity);
        foreach (double setting in baseline.Settings)
        {
            double found = Found(fit(setting));
            if (found > best.Found) best = (setting, found);
        }

        return best.Setting;

        double Found(BaselineMaps maps)
        {
            var found = MixedMeasures.Of(maps.Images(images), maps.Texts(texts), pairing);
            return (found.TextQuery.RecallAt10 + found.ImageQuery.RecallAt10) / 2;
        }
    }
}
