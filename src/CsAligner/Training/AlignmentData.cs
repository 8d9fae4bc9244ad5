using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Training;

// Shapes: images [M, D], texts [N, E], unpaired images [U, D], unpaired texts [V, E].

/// <summary>The features that alignment trains on: unit rows. Widths D and E differ only where adapters bring them together.</summary>
public sealed record AlignmentData
{
    /// <summary>Features with their pairs.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, E].</param>
    /// <param name="pairing">Null: row i to row i. An epoch takes each image once, with one of its texts.</param>
    /// <exception cref="InputException">These are no matrices, or there are no pairs.</exception>
    public AlignmentData(Tensor images, Tensor texts, Pairing? pairing = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        if (images.Rank != 2 || texts.Rank != 2)
            throw new InputException($"align: images and texts must be matrices, got {images} and {texts}");
        if (pairing == null && images.Rows != texts.Rows)
            throw new InputException($"align: {images.Rows} images and {texts.Rows} texts need pairs: the image row of each text");
        (Images, Texts, Pairing) = (images, texts, pairing ?? Pairing.Diagonal(images.Rows));
    }

    /// <summary>[M, D].</summary>
    public Tensor Images { get; }

    /// <summary>[N, E].</summary>
    public Tensor Texts { get; }

    /// <summary>The pairs: which text belongs to which image.</summary>
    public Pairing Pairing { get; }

    /// <summary>[U, D], images without texts: they count in D_CS only.</summary>
    public Tensor? UnpairedImages { get; init; }

    /// <summary>[V, E], texts without images: they count in D_CS only.</summary>
    public Tensor? UnpairedTexts { get; init; }

    /// <summary>[W, D] held-out images to choose the best epoch by; null takes a fraction of the pairs.</summary>
    public Tensor? ValidationImages { get; init; }

    /// <summary>[W, E] held-out texts, row i the partner of row i.</summary>
    public Tensor? ValidationTexts { get; init; }

    /// <summary>The tokens of the images; null if there are none.</summary>
    public ITokenSource? ImageTokens { get; init; }

    /// <summary>The tokens of the texts.</summary>
    public ITokenSource? TextTokens { get; init; }

    /// <summary>The tokens of the held-out images: what an adapter over tokens is judged with.</summary>
    public ITokenSource? ValidationImageTokens { get; init; }

    /// <summary>The tokens of the held-out texts.</summary>
    public ITokenSource? ValidationTextTokens { get; init; }

    /// <summary>What makes the images' features again in every step; null if they are frozen.
    /// <see cref="Images"/> are its features at the start.</summary>
    public ITrainableEncoder? ImageEncoder { get; init; }

    /// <summary>The same of the texts.</summary>
    public ITrainableEncoder? TextEncoder { get; init; }

    /// <summary>All images: pairs, unpaired, held out.</summary>
    internal SampleFeatures ImageFeatures => Samples(Images, ImageTokens, UnpairedImages, ValidationImages, ValidationImageTokens);

    /// <summary>All texts.</summary>
    internal SampleFeatures TextFeatures => Samples(Texts, TextTokens, UnpairedTexts, ValidationTexts, ValidationTextTokens);

    /// <summary>Checks what the constructor could not see.</summary>
    /// <exception cref="InputException">Widths or counts differ, a validation side is missing, or tokens are.</exception>
    internal void Validate(AlignmentOptions options)
    {
        foreach (var (name, rows, width) in new[]
        {
            ("unpaired images", UnpairedImages, Images.Width), ("unpaired texts", UnpairedTexts, Texts.Width),
            ("validation images", ValidationImages, Images.Width), ("validation texts", ValidationTexts, Texts.Width),
        })
        {
            if (rows != null && (rows.Rank != 2 || rows.Width != width))
                throw new InputException($"align: {name} must be a matrix of width {width} like the pairs' rows, got {rows}");
        }

        if (ValidationImages?.Rows != ValidationTexts?.Rows)
            throw new InputException("align: validation images and texts must have the same number of rows, "
                + $"got {ValidationImages?.Rows ?? 0} and {ValidationTexts?.Rows ?? 0}");
        foreach (var (name, tokens, rows) in new[]
        {
            ("image tokens", ImageTokens, Images), ("text tokens", TextTokens, Texts),
            ("validation image tokens", ValidationImageTokens, ValidationImages),
            ("validation text tokens", ValidationTextTokens, ValidationTexts),
        })
        {
            if (tokens != null && (tokens.Count != rows?.Rows || tokens.Width != rows.Width))
                throw new InputException($"align: {name} have {tokens.Count} samples of width {tokens.Width}, but there "
                    + $"are {rows?.Rows ?? 0} rows of width {rows?.Width ?? 0}; embed both with the same command");
        }

        foreach (var (name, encoder, features) in new[] { ("image", ImageEncoder, ImageFeatures), ("text", TextEncoder, TextFeatures) })
        {
            if (encoder != null && (encoder.Count != features.Count || encoder.Width != features.Width))
                throw new InputException($"align: the {name} encoder has {encoder.Count} samples of width {encoder.Width}, but there "
                    + $"are {features.Count} rows of width {features.Width}");
        }

        if ((ImageEncoder != null && options.Train == TrainedSide.Text) || (TextEncoder != null && options.Train == TrainedSide.Image))
            throw new InputException($"align: training only {AlignmentOptionList.Get("train").Text(options)} leaves "
                + $"the {(ImageEncoder != null ? "image" : "text")} side unchanged, but its encoder is set to train; remove one of the "
                + "two");
        foreach (var (name, tokens, encoder) in new[] { ("image", ImageTokens, ImageEncoder), ("text", TextTokens, TextEncoder) })
        {
            if (options.TokenWeight > 0 && tokens == null && encoder == null)
                throw new InputException($"align: a token weight needs the tokens of images and texts, but there are no {name} tokens; "
                    + "embed both sides with their tokens");
        }
    }

    /// <summary>A hash of everything in it: a checkpoint belongs to its data.</summary>
    internal string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var rows in new[] { Images, Texts, UnpairedImages, UnpairedTexts, ValidationImages, ValidationTexts })
        {
            hash.AppendData(System.Text.Encoding.ASCII.GetBytes((rows?.Length ?? 0).ToString(CultureInfo.InvariantCulture) + ";"));
            if (rows != null) hash.AppendData(MemoryMarshal.AsBytes(rows.Span));
        }

        foreach (var tokens in new[] { ImageTokens, TextTokens, ValidationImageTokens, ValidationTextTokens })
            hash.AppendData(System.Text.Encoding.ASCII.GetBytes((tokens?.Count ?? 0).ToString(CultureInfo.InvariantCulture) + ";"));
        foreach (var encoder in new[] { ImageEncoder, TextEncoder })
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes((encoder?.Fingerprint ?? "") + ";"));
        hash.AppendData(MemoryMarshal.AsBytes<int>(Pairing.ImageOfText.ToArray()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static SampleFeatures Samples(Tensor rows, ITokenSource? tokens, Tensor? unpaired, Tensor? validation,
        ITokenSource? validationTokens) =>
        new((rows, tokens), (unpaired ?? new Tensor(0, rows.Width), null), (validation ?? new Tensor(0, rows.Width), validationTokens));
}
