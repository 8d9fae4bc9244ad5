using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Encoders;

/// <summary>What <c>embed</c> embeds: a data set, or images and texts that know nothing of each other.</summary>
/// <param name="Images">Gives images; null if none are embedded.</param>
/// <param name="Texts">Gives captions; null if none are embedded.</param>
internal sealed record EmbedInputs(SampleSource? Images, SampleSource? Texts) : IDisposable
{
    // Icons are drawn before they are captioned: at the size that is in most caches.
    private const int UnseenSize = 64;

    /// <summary>Whether images and captions are those of the same samples.</summary>
    public bool IsPaired => Images is not null && ReferenceEquals(Images, Texts);

    /// <summary>Opens what the options name.</summary>
    /// <param name="session">The run.</param>
    /// <param name="data">A data set, or null.</param>
    /// <param name="images">Images, or null.</param>
    /// <param name="texts">A file of texts, or null.</param>
    /// <param name="model">Of a data set it embeds what it can.</param>
    /// <param name="allCaptions">Whether icons come with all their captions.</param>
    /// <param name="imageFolder">Where the images of a list are; null: beside it.</param>
    public static EmbedInputs Open(IStudySession session, string? data, string? images, string? texts, EmbedModel model,
        bool allCaptions = false, string? imageFolder = null)
    {
        if (data is null)
            return new(images is null ? null : OpenImages(images), texts is null ? null : new TextSamples(texts));
        var source = CaptionedData.OpenSource(session, data, model.Images?.Preprocessing.ImageSize ?? UnseenSize, allCaptions, imageFolder);
        bool withImages = source.HasImages && model.Images is not null, withTexts = source.HasCaptions && model.Texts is not null;
        if (withImages || withTexts) return new(withImages ? source : null, withTexts ? source : null);
        source.Dispose();
        throw new InputException(
            $"cannot embed '{data}' with '{model.Name}': the data set has {Describe(source.HasImages, source.HasCaptions)}, the model "
                + $"embeds {Describe(model.Images is not null, model.Texts is not null)}; give another model or data set");
    }

    private static string Describe(bool images, bool texts) => (images, texts) switch
    {
        (true, true) => "images and captions",
        (true, false) => "images",
        (false, true) => "captions",
        _ => "neither images nor captions",
    };

    public void Dispose()
    {
        Images?.Dispose();
        Texts?.Dispose();
    }

    // A folder means all its pictures, even if it also has lists and shards.
    private static SampleSource OpenImages(string images) =>
        Dataset.Open(Directory.Exists(images) || !(File.Exists(images) || images.Contains('{') || images.Contains(':'))
            ? $"images:{images}"
            : images);
}
