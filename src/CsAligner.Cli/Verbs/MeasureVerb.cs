using System.CommandLine;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign measure X Y</c>: how far two sets of rows lie apart.</summary>
internal static class MeasureVerb
{
    public static Command Create(CommandRunner runner)
    {
        Argument<string> x = CommonOptions.Path("X", "A .npy file, or a feature-set folder (its images).");
        Argument<string> y = CommonOptions.Path("Y", "A .npy file, or a feature-set folder (its texts).");
        Option<BandwidthRule> bandwidth = CommonOptions.Bandwidth();
        Option<string> estimator = CommonOptions.Choice(
            "--estimator", "exact compares all pairs of rows; nystrom takes time linear in the rows and reports the standard error of D_CS.", "exact", "exact", "nystrom");
        Option<int> features = CommonOptions.Count(
            "--features", "Landmark rows of nystrom: more make the error smaller.", NystromEstimator.DefaultFeatures, NystromEstimator.FewestFeatures, NystromEstimator.MostFeatures);
        Option<bool> raw = CommonOptions.Raw();
        Option<ulong> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("measure", "Measure how far two sets of rows lie apart.") { x, y, bandwidth, estimator, features, raw, seed, json };
        runner.SetAction(command, (parsed, session) =>
        {
            (Tensor rowsX, Tensor rowsY) = FeatureInputs.ReadBoth(parsed.GetRequiredValue(x), parsed.GetRequiredValue(y), parsed.GetValue(raw));
            NystromEstimator? estimating = parsed.GetValue(estimator) == "nystrom" ? new NystromEstimator { Features = parsed.GetValue(features) } : null;
            DistributionMeasures measures = Evaluator.Measure(rowsX, rowsY, parsed.GetValue(bandwidth), parsed.GetValue(seed), estimator: estimating);
            if (parsed.GetValue(json))
                session.PrintJson(measures.WriteJson);
            else
                session.Terminal.Tables.Write(MeasureTables.Distributions(measures, "x", "y"));
        });
        return command;
    }
}
