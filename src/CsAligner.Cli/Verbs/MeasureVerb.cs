using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Studies.Features;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign measure X Y</c>: how far two sets of rows lie apart.</summary>
internal static class MeasureVerb
{
    public static Command Create(CommandRunner runner)
    {
        Argument<string> x = CommonOptions.Path("X", PathRole.Rows, "A .npy file, or a feature-set folder (its images)");
        Argument<string> y = CommonOptions.Path("Y", PathRole.Rows, "A .npy file, or a feature-set folder (its texts)");
        Option<BandwidthRule> bandwidth = CommonOptions.Bandwidth();
        Option<string> estimator = CommonOptions.Estimator();
        Option<int> features = CommonOptions.Features();
        Option<long?> memory = CommonOptions.Bytes(
            "--memory", "Limit memory, such as 512M or 2G, by reading rows in blocks; the result is the same");
        Option<string?> state = CommonOptions.OptionalPath(
            "--state", PathRole.OutputFile,
            "The file that keeps progress with --memory; run the same command again to continue");
        Option<bool> raw = CommonOptions.Raw();
        Option<ulong> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        var command =
            new Command("measure", "Measure the distance between two sets of rows") { x, y, bandwidth, estimator, features, memory, state,
                raw, seed, json };
        runner.SetAction(command, (parsed, session) =>
        {
            using FeatureRowsFile rowsX = FeatureRowsFile.Open(parsed.GetRequiredValue(x), Modality.Image, parsed.GetValue(raw));
            using FeatureRowsFile rowsY = FeatureRowsFile.Open(parsed.GetRequiredValue(y), Modality.Text, parsed.GetValue(raw));
            FeatureInputs.RequireSameWidth(rowsX, rowsY);
            // Two sides of one feature set with the same number of rows are pairs: check them.
            if (rowsX.Rows == rowsY.Rows && ShardPairing.IsSamePath(rowsX.Path, rowsY.Path))
                ShardPairing.CheckRowForRow(rowsX.Path, rowsY.Path);
            bool exact = parsed.GetValue(estimator) == "exact";
            (long? bytes, string? statePath) = (parsed.GetValue(memory), parsed.GetValue(state));
            if (session.Ranks is { Size: > 1 } && !exact)
                throw new UsageException("--estimator nystrom runs in one process: start it without mpirun");
            bool streams = exact
                && (session.Ranks is { Size: > 1 } || bytes != null || statePath != null
                    || !FeatureFile.FitsTensor(rowsX) || !FeatureFile.FitsTensor(rowsY));
            DistributionMeasures measures = streams
                ? Stream(rowsX, rowsY, parsed.GetValue(bandwidth), parsed.GetValue(seed), bytes, statePath, session)
                : Evaluator.Measure(
                    FeatureFile.ReadRows(rowsX), FeatureFile.ReadRows(rowsY), parsed.GetValue(bandwidth), parsed.GetValue(seed),
                    estimator: exact ? null : new NystromEstimator { Features = parsed.GetValue(features) });
            if (parsed.GetValue(json))
                session.PrintJson(measures.WriteJson);
            else
                session.Terminal.WriteTable(MeasureTables.Distributions(measures, "x", "y"));
        },
        parsed =>
        {
            if (parsed.GetValue(estimator) != "exact" && (parsed.IsGiven(memory) || parsed.IsGiven(state)))
                throw new UsageException("--memory and --state go with --estimator exact; nystrom reads the rows once and holds them");
            CommonOptions.CheckFeatures(parsed, estimator, features);
        },
        shared: true);
        return command;
    }

    private static DistributionMeasures Stream(
        FeatureRowsFile x, FeatureRowsFile y, BandwidthRule? bandwidth, ulong seed, long? bytes, string? statePath, Session session)
    {
        using var held = statePath is null ? null : OutputLock.OfFile(statePath);
        if (statePath != null && File.Exists(statePath)) session.Terminal.Say($"continuing from {statePath}");
        DistributionMeasures? measures = null;
        try
        {
            // A thousandth is a step: the number of pairs of blocks is known only once the rows have been read.
            session.Terminal.WithProgress("measured", 1000, progress => measures = StreamingEvaluator.Measure(
                x,
                y,
                bandwidth,
                seed,
                new StreamingOptions
                {
                    MemoryBytes = bytes ?? StreamingOptions.DefaultMemoryBytes,
                    StatePath = statePath,
                    Ranks = session.Ranks,
                    Progress = (done, all) => progress.Report(1000 * done / all, $"{done} of {all} pairs of blocks"),
                },
                session.Cancellation));
        }
        catch (OperationCanceledException stopped) when (statePath != null)
        {
            throw new StoppedException("stopped; run the same command again to continue", stopped);
        }

        return measures!;
    }
}
