using CsAligner.Adapters;
using CsAligner.Cli.Running;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>Maps a whole feature set with the two adapters of a run: images and texts in blocks; metadata and pairs are copied.</summary>
internal sealed class FeatureSetMapping(Session session, string run, string input, string output)
{
    /// <summary>The end of the encoder's name in features.json of a mapped set.</summary>
    public const string AlignedEncoder = ", aligned";

    private const int BlockRows = 16_384;

    /// <summary>Writes the mapped set; what was there before stays until it is whole.</summary>
    public void Write()
    {
        FeatureSet set = FeatureSet.Open(input);
        if (Path.GetFullPath(input).TrimEnd(Path.DirectorySeparatorChar) == Path.GetFullPath(output).TrimEnd(Path.DirectorySeparatorChar))
            throw new UsageException($"'{output}' is the input: give another output folder");
        long[]? pairs = set.ReadPairs();
        CheckPairing(set, pairs);
        using var held = OutputLock.OfFolder(output);
        using var writer = new FeatureSetWriter(output);
        foreach (Modality modality in (Modality[])[Modality.Image, Modality.Text])
        {
            if (set.Shards(modality).Count > 0)
                Map(modality,
                    Path.Combine(run, modality == Modality.Image ? AlignmentReport.ImageAdapterFile : AlignmentReport.TextAdapterFile),
                    writer);
        }

        foreach (var row in set.ReadMetadata(rowForRow: true))
            writer.WriteMetadata(row);
        if (pairs is not null)
            writer.SetPairs(pairs);
        session.Cancellation.ThrowIfCancellationRequested();
        writer.Commit((set.Info?.Encoder ?? "unknown") + AlignedEncoder, normalised: true, set.Info?.SourceHash, set.Info?.Split);
    }

    // Shards are cut again: what is out of step now could not be told any more.
    private void CheckPairing(FeatureSet set, long[]? pairs)
    {
        if (set.Shards(Modality.Image).Count == 0 || set.Shards(Modality.Text).Count == 0)
            return;
        using FeatureRowsFile images = FeatureRowsFile.Open(input, Modality.Image), texts = FeatureRowsFile.Open(input, Modality.Text);
        if (pairs is not null)
            Pairing.From(pairs, images.Rows, texts.Rows, Path.Combine(input, FeatureSet.PairsFile));
        if (pairs is null && images.Rows == texts.Rows)
        {
            ShardPairing.CheckRowForRow(input, input);
            return;
        }

        ShardPairing.CheckComplete(input, Modality.Image);
        ShardPairing.CheckComplete(input, Modality.Text);
    }

    private void Map(Modality modality, string adapter, FeatureSetWriter writer)
    {
        Adapter map = Adapter.Load(adapter);
        using var rows = FeatureRowsFile.Open(input, modality);
        ApplyVerb.CheckWidth(map, adapter, input, rows.Width);
        using TokenSet? tokens = map.UsesTokens ? TokenSet.Open(input, modality) : null;
        session.Terminal.WithProgress($"mapping {(modality == Modality.Image ? "images" : "texts")}", rows.Rows, progress =>
        {
            for (int start = 0; start < rows.Rows; start += BlockRows)
            {
                session.Cancellation.ThrowIfCancellationRequested();
                int count = Math.Min(BlockRows, rows.Rows - start);
                var block = new Tensor(count, rows.Width);
                rows.Read(start, block.Span);
                writer.WriteRows(modality,
                    map.Apply(block, tokens is null ? null : new TokenRows(tokens, [.. Enumerable.Range(start, count)])).Span,
                    map.OutputWidth);
                progress.Report(start + count);
            }
        });
    }
}
