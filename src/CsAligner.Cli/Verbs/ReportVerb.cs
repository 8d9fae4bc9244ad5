using System.CommandLine;
using System.Text;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Objectives;
using CsAligner.Reports.Content;
using CsAligner.Reports.Pages;
using CsAligner.Studies.Runs;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign report</c>: any number of runs of <c>align</c> on one page that needs nothing beside it.</summary>
internal static class ReportVerb
{
    public static Command Create(CommandRunner runner)
    {
        Argument<string[]> folders =
            new PathArgument<string[]>("RUN", PathRole.Run, "Output folders of align") { Arity = ArgumentArity.OneOrMore };
        Option<string> output = CommonOptions.RequiredPath("--out", PathRole.OutputFile, "The HTML file to write");
        Option<string?> images =
            CommonOptions.OptionalPath("--images", PathRole.Rows,
                "Image rows to evaluate all runs on; by default the data that each run was trained on");
        Option<string?> texts = CommonOptions.OptionalPath("--texts", PathRole.Rows, "Text rows to evaluate all runs on");
        Option<string?> pairs =
            CommonOptions.OptionalPath("--pairs", PathRole.Pairs,
                "The image row of each text row, an int64 .npy file; by default row i to row i");
        Option<string?> imageTokens =
            CommonOptions.OptionalPath("--image-tokens", PathRole.FeatureSetFolder,
                "A feature-set folder with image tokens, for adapters that read tokens");
        Option<string?> textTokens =
            CommonOptions.OptionalPath("--text-tokens", PathRole.FeatureSetFolder, "A feature-set folder with text tokens, for adapters "
                + "that read tokens");
        Option<BandwidthRule> bandwidth = CommonOptions.Bandwidth();
        Option<ulong> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        var command =
            new Command("report", "Compare runs of align on one page") { folders, output, images, texts, pairs, imageTokens, textTokens,
                bandwidth, seed, json };
        runner.SetAction(command, (parsed, session) =>
        {
            string[] paths = parsed.GetRequiredValue(folders);
            using var held = OutputLock.OfFile(parsed.GetRequiredValue(output));
            IReadOnlyList<string> names = RunReport.NamesOf(paths);
            AlignRun[] runs = [.. paths.Select((path, i) => AlignRun.Read(path, names[i]))];
            var report = new RunReport(runs, parsed.GetValue(bandwidth)!, parsed.GetValue(seed));
            var remarks = new List<string>();
            if (parsed.GetValue(images) is { } given)
            {
                using RunFeatures features = RunFeatures.Read(
                    given, parsed.GetValue(texts)!, parsed.GetValue(pairs), parsed.GetValue(imageTokens), parsed.GetValue(textTokens));
                report.Evaluate(features, LeaveEncoders(runs, remarks, session), name => Tell(session, "evaluating", name));
                remarks.Add($"Measured on {given} and {parsed.GetValue(texts)}; csalign apply and csalign evaluate recompute each number.");
            }
            else
            {
                EvaluateOnOwn(report, LeaveEncoders(runs, remarks, session), remarks, session);
            }

            ReportContent content = report.Fill(remarks, name => Tell(session, "picturing", name));
            string page = ReportPage.Write(content);
            AtomicFile.Write(parsed.GetRequiredValue(output), stream => stream.Write(Encoding.UTF8.GetBytes(page)));
            if (parsed.GetValue(json)) session.PrintJson(writer => RunReportJson.Write(writer, runs, content));
            session.Terminal.Say($"{runs.Length} {(runs.Length == 1 ? "run" : "runs")} reported in {parsed.GetRequiredValue(output)}");
        },
        parsed =>
        {
            if (parsed.IsGiven(images) != parsed.IsGiven(texts))
                throw new UsageException("--images and --texts go together: give both, or neither");
            if (!parsed.IsGiven(images) && (parsed.IsGiven(pairs) || parsed.IsGiven(imageTokens) || parsed.IsGiven(textTokens)))
                throw new UsageException("--pairs, --image-tokens and --text-tokens go with --images and --texts: give those too");
        });
        return command;
    }

    // Runs that were trained on the same files are compared on them; one whose files are gone or no longer fit is left to its curves.
    private static void EvaluateOnOwn(RunReport report, IReadOnlyList<AlignRun> runs, List<string> remarks, Session session)
    {
        foreach (var group in runs.GroupBy(run =>
            string.Join('\n',
                new[] { "images", "texts", "pairs", "image_tokens",
                    "text_tokens" }.Select(role => run.Inputs.GetValueOrDefault(role, "")))))
        {
            AlignRun[] same = [.. group];
            string names = string.Join(", ", same.Select(run => run.Name));
            try
            {
                using RunFeatures? features = RunFeatures.ReadOwn(same[0]);
                if (features == null)
                {
                    Leave(remarks, session,
                        $"{names}: not evaluated: the features that run.json names are missing; give --images and --texts.");
                    continue;
                }

                report.Evaluate(features, same, name => Tell(session, "evaluating", name));
                remarks.Add($"{names}: measured on its training data, which flatters; give --images and --texts of other data.");
            }
            catch (InputException failure)
            {
                Leave(remarks, session, $"{names}: not evaluated: {failure.Message}.");
            }
        }
    }

    // Features of the encoder as it was say nothing of one that was trained.
    private static AlignRun[] LeaveEncoders(IReadOnlyList<AlignRun> runs, List<string> remarks, Session session)
    {
        foreach (AlignRun run in runs.Where(run => run.TrainsEncoder))
            Leave(remarks, session,
                $"{run.Name}: not evaluated: it trained inside the encoder; embed with its merged model (align --merge) and give "
                    + "those features to csalign evaluate.");
        return [.. runs.Where(run => !run.TrainsEncoder)];
    }

    private static void Leave(List<string> remarks, Session session, string remark)
    {
        remarks.Add(remark);
        session.Terminal.Say(remark);
    }

    private static void Tell(Session session, string what, string name)
    {
        session.Cancellation.ThrowIfCancellationRequested();
        session.Terminal.Say($"{what} {name}");
    }
}
