using System.Text;
using System.Text.Json;
using CsAligner.Cli.Running;
using CsAligner.Data.FeatureSets;
using CsAligner.Generation;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>What <c>generate</c> makes pictures of: words, picture files, or rows that are there already.</summary>
/// <param name="Words">Texts, one for each picture.</param>
/// <param name="Images">Picture files.</param>
/// <param name="Embeddings">A .npy file or a feature-set folder; null if there is none.</param>
/// <param name="Model">The encoder of words and pictures; null if none was named.</param>
/// <param name="Adapter">The folder of a run of align; null maps nothing.</param>
internal sealed record GenerateInputs(
    IReadOnlyList<string> Words, IReadOnlyList<string> Images, string? Embeddings, string? Model, string? Adapter)
{
    private string ModelName => Model ?? NamedModel.Clip;

    private string AdapterFile =>
        Path.Combine(Adapter!, Words.Count > 0 ? AlignmentReport.TextAdapterFile : AlignmentReport.ImageAdapterFile);

    /// <summary>Refuses what does not go together.</summary>
    public void Check()
    {
        int kinds = (Words.Count > 0 ? 1 : 0) + (Images.Count > 0 ? 1 : 0) + (Embeddings is null ? 0 : 1);
        if (kinds == 0) throw new UsageException("no input: give words, --image or --embeddings");
        if (kinds > 1)
            throw new UsageException(
                "words, --image and --embeddings do not go together: give one of the three, --image once for each file");
        if (Embeddings is null) return;
        if (Adapter is not null)
            throw new UsageException("--embeddings are used as they are: leave out --adapter, and map rows with csalign apply");
        if (Model is not null)
            throw new UsageException("--embeddings are used as they are: leave out --model, which is for words and --image");
    }

    /// <summary>Makes the embeddings.</summary>
    /// <param name="session">The run.</param>
    /// <param name="decoder">The decoder's name, for errors.</param>
    /// <param name="width">The width of the embeddings that it knows.</param>
    /// <returns>The embeddings, and for each the number of its noise; null: that of the embedding itself.</returns>
    public (Tensor Rows, ulong[]? Noise) Read(Session session, string decoder, int width)
    {
        if (Embeddings is not null) return (ReadRows(Embeddings, decoder, width), null);
        AdaptedModel model = AdaptedModel.Open(session, "generate", ModelName, Adapter, Images.Count > 0 ? Images[0] : null);
        bool words = Words.Count > 0;
        string given = Adapter is null ? $"model '{ModelName}' gives" : $"model '{ModelName}' and adapter '{AdapterFile}' give";
        RequireWidth(decoder, width, given, words ? model.TextWidth : model.ImageWidth);
        if (model.MovesImages)
        {
            session.Terminal.Say(
                $"note: '{Adapter}' moved the images too, and a decoder knows them as they were: pictures may be off; "
                + "align --train text leaves images where they are");
        }

        return words
            ? (model.EmbedTexts(Words), [.. Words.Select(text => PictureGenerator.NoiseNumber(Encoding.UTF8.GetBytes(text)))])
            : (model.EmbedImages(Images), [.. Images.Select(path => PictureGenerator.NoiseNumber(File.ReadAllBytes(path)))]);
    }

    /// <summary>Writes what went in, by its kind, and the model and the adapter that it went through.</summary>
    /// <param name="writer">Within an object.</param>
    /// <param name="rows">Embeddings in all.</param>
    public void WriteJson(Utf8JsonWriter writer, int rows)
    {
        writer.WriteStartObject("inputs");
        WriteTexts(writer, "words", Words);
        WriteTexts(writer, "images", Images);
        writer.WriteString("embeddings", Embeddings);
        writer.WriteNumber("rows", rows);
        writer.WriteEndObject();
        WriteFile(writer, "model", Embeddings is null ? ModelName : null, ModelFingerprint.OfWeights);
        WriteFile(writer, "adapter", Adapter, _ => ModelFingerprint.OfFile(AdapterFile));
    }

    /// <summary>Writes a path with the hash of its content; null if there is none.</summary>
    public static void WriteFile(Utf8JsonWriter writer, string key, string? path, Func<string, string> hash)
    {
        if (path is null)
        {
            writer.WriteNull(key);
            return;
        }

        writer.WriteStartObject(key);
        writer.WriteString("path", path);
        writer.WriteString("sha256", hash(path));
        writer.WriteEndObject();
    }

    // As they are to the bit: the generator brings them to length 1 itself.
    private static Tensor ReadRows(string path, string decoder, int width)
    {
        bool textsOnly = Directory.Exists(path) && FeatureSet.Open(path).Shards(Modality.Image).Count == 0;
        using FeatureRowsFile file = FeatureRowsFile.Open(path, textsOnly ? Modality.Text : Modality.Image, raw: true);
        RequireWidth(decoder, width, $"'{path}' has", file.Width);
        Tensor rows = FeatureFile.ReadRows(file);
        for (int row = 0; row < rows.Rows; row++)
        {
            if (!rows.Span.Slice(row * width, width).ContainsAnyExcept(0))
                throw new InputException($"cannot use '{path}': row {row} is all zeros and has no direction; remove it or encode it again");
        }

        return rows;
    }

    private static void RequireWidth(string decoder, int expected, string given, int width)
    {
        if (width == expected) return;
        throw new InputException(
            $"decoder '{decoder}' makes pictures of embeddings of {expected} values, {given} {width}; "
            + "take the model that the decoder was trained with");
    }

    private static void WriteTexts(Utf8JsonWriter writer, string key, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            writer.WriteNull(key);
            return;
        }

        writer.WriteStartArray(key);
        foreach (string text in texts) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
