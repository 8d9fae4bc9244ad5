using System.CommandLine;
using CsAligner.Adapters;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign apply</c>: maps rows by an adapter that <c>align</c> wrote, or a feature set by both of a run.</summary>
internal static class ApplyVerb
{
    private const int BlockRows = 16_384;

    public static Command Create(CommandRunner runner)
    {
        Option<string> adapter =
            CommonOptions.RequiredPath("--adapter", PathRole.Adapter,
                "An adapter that align wrote; or align's output folder, to map a whole feature set");
        Argument<string> input = CommonOptions.Path("IN", PathRole.Rows, "The rows to map: a .npy file or a feature-set folder");
        Argument<string> output =
            CommonOptions.Path("OUT", PathRole.Output,
                "The output: a .npy file (float32), or a feature-set folder (float16) for a whole feature set");
        Option<Modality?> modality = CommonOptions.OptionalChoice(
            "--modality", "Select the rows of a feature-set folder that has images and texts", ("image", Modality.Image),
            ("text", Modality.Text));
        Option<string?> tokens =
            CommonOptions.OptionalPath("--tokens", PathRole.FeatureSetFolder,
                "A feature-set folder with the rows' tokens, for an adapter that reads tokens (transformer)");
        var command = new Command("apply", "Map rows with an adapter") { adapter, input, output, modality, tokens };
        runner.SetAction(command, (parsed, session) =>
        {
            string path = parsed.GetRequiredValue(input);
            string adapterPath = parsed.GetRequiredValue(adapter);
            if (Directory.Exists(adapterPath))
            {
                new FeatureSetMapping(session, adapterPath, path, parsed.GetRequiredValue(output)).Write();
                session.Terminal.Say($"'{path}' mapped with '{adapterPath}' and written to {parsed.GetRequiredValue(output)}");
                return;
            }

            Adapter map = Adapter.Load(adapterPath);
            Tensor rows = FeatureFile.ReadRows(path, Choose(path, parsed.GetValue(modality)));
            CheckWidth(map, adapterPath, path, rows.Width);
            if (map.UsesTokens && parsed.GetValue(tokens) is null)
                throw new UsageException($"'{adapterPath}' needs tokens: give --tokens FOLDER, from embed --tokens");
            if (!map.UsesTokens && parsed.GetValue(tokens) is not null)
                throw new UsageException($"'{adapterPath}' reads no tokens: leave out --tokens");
            using TokenSet? tokenSet = map.UsesTokens
                ? TokenSet.Open(parsed.GetValue(tokens)!, Choose(path, parsed.GetValue(modality)))
                : null;
            Apply(map, rows, tokenSet, parsed.GetRequiredValue(output), session);
            session.Terminal.Say($"{rows.Rows} rows of {map.OutputWidth} values written to {parsed.GetRequiredValue(output)}");
        },
        parsed =>
        {
            (string adapterPath, string path) = (parsed.GetRequiredValue(adapter), parsed.GetRequiredValue(input));
            if (parsed.IsGiven(modality) && File.Exists(path))
                throw new UsageException($"--modality is for feature sets, but '{path}' is a file: leave it out");
            if (!Directory.Exists(adapterPath)) return;
            if (File.Exists(path))
                throw new UsageException(
                    $"'{adapterPath}' is a folder with two adapters for a feature set, but '{path}' is not a feature set: give one of "
                        + "the adapters");
            if (parsed.IsGiven(modality) || parsed.IsGiven(tokens))
                throw new UsageException($"'{adapterPath}' is a folder with adapters for a whole feature set and its tokens: leave "
                    + "--modality and --tokens out");
        });
        return command;
    }

    internal static void CheckWidth(Adapter map, string adapter, string path, int width)
    {
        if (width != map.InputWidth)
            throw new InputException($"cannot map '{path}' by '{adapter}': it has rows of {width} values, but the adapter was trained "
                + $"on {map.InputWidth}; use features of the same encoder");
    }

    private static Modality Choose(string path, Modality? given)
    {
        if (given is { } modality || !Directory.Exists(path))
            return given ?? Modality.Image;
        FeatureSet set = FeatureSet.Open(path);
        bool hasImages = set.Shards(Modality.Image).Count > 0;
        if (hasImages && set.Shards(Modality.Text).Count > 0)
            throw new UsageException($"'{path}' has images and texts: give --modality image or --modality text");
        return hasImages ? Modality.Image : Modality.Text;
    }

    private static void Apply(Adapter map, Tensor rows, TokenSet? tokens, string output, Session session)
    {
        using var held = OutputLock.OfFile(output);
        using NpyWriter writer = NpyWriter.Create(output, ElementType.Float32, map.OutputWidth);
        session.Terminal.WithProgress("applying", rows.Rows, progress =>
        {
            for (int start = 0; start < rows.Rows; start += BlockRows)
            {
                session.Cancellation.ThrowIfCancellationRequested();
                int end = Math.Min(rows.Rows, start + BlockRows);
                writer.WriteRows(
                    map.Apply(FeatureRows.Range(rows, start, end),
                        tokens is null ? null : new TokenRows(tokens, [.. Enumerable.Range(start, end - start)])).Span);
                progress.Report(end);
            }
        });
        writer.Commit();
    }
}
