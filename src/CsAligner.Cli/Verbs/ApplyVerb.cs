using System.CommandLine;
using CsAligner.Adapters;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign apply</c>: maps rows by an adapter that <c>align</c> wrote.</summary>
internal static class ApplyVerb
{
    private const int BlockRows = 16_384;

    public static Command Create(CommandRunner runner)
    {
        Option<string> adapter = CommonOptions.RequiredPath("--adapter", "An adapter that align wrote: image-adapter.safetensors or text-adapter.safetensors.");
        Argument<string> input = CommonOptions.Path("IN", "The rows: a .npy file or a feature-set folder.");
        Argument<string> output = CommonOptions.Path("OUT.npy", "Where to write the mapped rows, float32.");
        Option<Modality?> modality = new("--modality") { Description = "Which rows of a feature-set folder are meant, where it has both." };
        var command = new Command("apply", "Map rows by an adapter.") { adapter, input, output, modality };
        runner.SetAction(command, (parsed, session) =>
        {
            string path = parsed.GetRequiredValue(input);
            string adapterPath = parsed.GetRequiredValue(adapter);
            Adapter map = Adapter.Load(adapterPath);
            Tensor rows = FeatureFile.ReadRows(path, Choose(path, parsed.GetValue(modality)));
            if (rows.Width != map.Width)
                throw new InputException($"cannot map '{path}' by '{adapterPath}': rows of {rows.Width} values, the adapter was trained on {map.Width}; use features of the same encoder");
            Apply(map, rows, parsed.GetRequiredValue(output), session);
            session.Terminal.Say($"{rows.Rows} rows of {rows.Width} values written to {parsed.GetRequiredValue(output)}");
        });
        return command;
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

    private static void Apply(Adapter map, Tensor rows, string output, Session session)
    {
        using NpyWriter writer = NpyWriter.Create(output, ElementType.Float32, rows.Width);
        session.Terminal.WithProgress("applying", rows.Rows, progress =>
        {
            for (int start = 0; start < rows.Rows; start += BlockRows)
            {
                session.Cancellation.ThrowIfCancellationRequested();
                int end = Math.Min(rows.Rows, start + BlockRows);
                writer.WriteRows(map.Apply(FeatureRows.Range(rows, start, end)).Span);
                progress.Report(end);
            }
        });
        writer.Commit();
    }
}
