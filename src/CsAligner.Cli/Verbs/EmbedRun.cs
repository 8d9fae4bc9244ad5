using System.Security.Cryptography;
using System.Text;
using CsAligner.Data.FeatureSets;
using CsAligner.Models;

namespace CsAligner.Cli.Verbs;

/// <summary>The work of <c>embed</c>: batch by batch from the model into a feature set, so that neither has to fit into memory.</summary>
internal sealed class EmbedRun(Session session, EmbedModel model, EmbedInputs inputs, bool tokens, int? batchSize)
{
    /// <summary>Tokens of all images; null where none are stored.</summary>
    public long? ImageTokens { get; private set; }

    /// <summary>Tokens of all texts; null where none are stored.</summary>
    public long? TextTokens { get; private set; }

    public double ImageSeconds { get; private set; }

    public double TextSeconds { get; private set; }

    /// <summary>Embeds everything and puts the set in its place.</summary>
    public void Write(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var writer = new FeatureSetWriter(folder);
        int images = inputs.ImageNames.Count;
        if (model.Images is { } encoder && images > 0)
        {
            // Images are read once and in order, so what the model sees of them can be hashed on the way.
            ImageReader read = (i, rgb) =>
            {
                inputs.ReadImage(i, rgb);
                hash.AppendData(rgb);
            };
            (ImageTokens, ImageSeconds) = Run("embedding images", images, "images", writer, Modality.Image, encoder.Width, write => encoder.EmbedImages(images, read, tokens, write, batchSize, session.Cancellation));
        }

        if (model.Texts is { } textEncoder && inputs.Texts.Count > 0)
        {
            foreach (string text in inputs.Texts) hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
            (TextTokens, TextSeconds) = Run("embedding texts", inputs.Texts.Count, "texts", writer, Modality.Text, textEncoder.Width, write => textEncoder.EmbedTexts(inputs.Texts, tokens, write, batchSize, session.Cancellation));
        }

        foreach (var row in inputs.Metadata()) writer.WriteMetadata(row);
        if (inputs.Pairs is { } pairs) writer.SetPairs(pairs);
        session.Cancellation.ThrowIfCancellationRequested();
        writer.Commit(model.Name, normalised: true, Convert.ToHexStringLower(hash.GetHashAndReset()), inputs.Split);
    }

    private (long? Tokens, double Seconds) Run(string title, int count, string unit, FeatureSetWriter writer, Modality modality, int width, Action<Action<EmbeddedBatch>> embed)
    {
        long written = 0, start = session.Terminal.Time.GetTimestamp();
        session.Terminal.WithProgress(
            title,
            count,
            progress => embed(batch =>
            {
                writer.WriteRows(modality, batch.Features.Span, width);
                if (batch.Offsets is { } offsets)
                {
                    writer.WriteTokens(modality, batch.Tokens!.Span, width, [.. offsets.Skip(1).Zip(offsets, (end, first) => end - first)]);
                    written += offsets[^1];
                }

                progress.Report(batch.First + batch.Features.Rows);
            }),
            unit);
        return (tokens ? written : null, session.Terminal.Time.GetElapsedTime(start).TotalSeconds);
    }
}
