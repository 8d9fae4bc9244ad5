using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Studies.Features;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign evaluate</c>: retrieval in both directions, beside everything that <c>measure</c> says.</summary>
internal static class EvaluateVerb
{
    public static Command Create(CommandRunner runner)
    {
        Option<string> images = CommonOptions.RequiredPath("--images", PathRole.Rows, "Image rows: a .npy file or a feature-set folder");
        Option<string> texts = CommonOptions.RequiredPath("--texts", PathRole.Rows, "Text rows: a .npy file or a feature-set folder");
        Option<string?> pairs = CommonOptions.Pairs();
        Option<BandwidthRule> bandwidth = CommonOptions.Bandwidth();
        Option<double> temperature = CommonOptions.Number(
            "--temperature", "Set the temperature of the mutual information bound", Evaluator.DefaultTemperature, least: 0.01);
        Option<RetrievalProtocol?> protocol = new("--protocol")
        {
            Description = $"Measure retrieval by a standard protocol: {RetrievalProtocol.Names}",
            HelpName = "NAME",
            CustomParser = result => CommonOptions.Parse(result, RetrievalProtocol.Parse),
        };
        Option<string> estimator = CommonOptions.Estimator();
        Option<int> features = CommonOptions.Features();
        Option<bool> raw = CommonOptions.Raw();
        Option<ulong> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        var command = new Command("evaluate", "Measure retrieval between paired rows, and the distance between the modalities")
        {
            images, texts, pairs, protocol, bandwidth, temperature, estimator, features, raw, seed, json,
        };
        runner.SetAction(command, (parsed, session) =>
        {
            (Tensor imageRows, Tensor textRows) =
                FeatureInputs.ReadBoth(parsed.GetRequiredValue(images), parsed.GetRequiredValue(texts), parsed.GetValue(raw));
            Pairing? pairing =
                FeatureInputs.ReadPairs(parsed.GetValue(pairs), parsed.GetRequiredValue(images), imageRows,
                    parsed.GetRequiredValue(texts), textRows);
            AlignmentMeasures measures = Evaluator.Evaluate(
                imageRows, textRows, parsed.GetValue(bandwidth), parsed.GetValue(seed), pairing, parsed.GetValue(temperature),
                parsed.GetValue(protocol),
                parsed.GetValue(estimator) == "exact" ? null : new NystromEstimator { Features = parsed.GetValue(features) });
            if (parsed.GetValue(json))
            {
                session.PrintJson(measures.WriteJson);
                return;
            }

            session.Terminal.WriteTable(MeasureTables.Retrieval(measures));
            session.Terminal.WriteTable(MeasureTables.Mixed(measures.Mixed));
            if (measures.Folds.Count > 1) session.Terminal.WriteTable(MeasureTables.Folds(measures.Folds));
            session.Terminal.WriteTable(MeasureTables.Distributions(measures.Distributions, "images", "texts"));
        },
        parsed => CommonOptions.CheckFeatures(parsed, estimator, features));
        return command;
    }
}
