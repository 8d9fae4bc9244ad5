using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Adapters;
using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Training;

// Shapes: images [M, D], texts [N, E], unpaired images [U, D], unpaired texts [V, E].

/// <summary>The features that alignment trains on: unit rows. Widths D and E differ only where adapters bring them together.</summary>
public sealed record AlignmentData
{
    private const int HashedSamples = 64;

    /// <summary>Features with their pairs.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, E].</param>
    /// <param name="pairing">Null: row i to row i. An epoch takes each image once, with one of its texts.</param>
    /// <exception cref="InputException">These are no matrices, or it is not said which belong together.</exception>
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

    /// <summary>Features of which none belong together: images and texts of one kind, any number of each.</summary>
    /// <param name="images">[U, D].</param>
    /// <param name="texts">[V, D].</param>
    /// <exception cref="InputException">These are no matrices.</exception>
    public static AlignmentData WithoutPairs(Tensor images, Tensor texts)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        if (images.Rank != 2 || texts.Rank != 2)
            throw new InputException($"align: images and texts must be matrices, got {images} and {texts}");
        return new AlignmentData(new Tensor(0, images.Width), new Tensor(0, texts.Width))
        {
            UnpairedImages = images,
            UnpairedTexts = texts,
        };
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

    /// <summary>
    /// Which rows are here, where ranks share them: <see cref="Images"/>, <see cref="Texts"/> and unpaired rows are then those alone, and
    /// the pairing is that of all. Null: all rows are here.
    /// </summary>
    public AlignmentShare? Share { get; init; }

    /// <summary>U.</summary>
    internal int UnpairedImageCount => Share?.UnpairedImages?.Count ?? UnpairedImages?.Rows ?? 0;

    /// <summary>V.</summary>
    internal int UnpairedTextCount => Share?.UnpairedTexts?.Count ?? UnpairedTexts?.Rows ?? 0;

    /// <summary>All images: pairs, unpaired, held out.</summary>
    internal SampleFeatures ImageFeatures => Samples(
        (Images, ImageTokens, Share?.Images), (UnpairedImages, Share?.UnpairedImages), ValidationImages, ValidationImageTokens);

    /// <summary>All texts.</summary>
    internal SampleFeatures TextFeatures => Samples(
        (Texts, TextTokens, Share?.Texts), (UnpairedTexts, Share?.UnpairedTexts), ValidationTexts, ValidationTextTokens);

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
            int count = rows == Images ? Pairing.Images : rows == Texts ? Pairing.Texts : rows?.Rows ?? 0;
            if (tokens != null && (tokens.Count != count || tokens.Width != rows?.Width))
                throw new InputException($"align: {name} have {tokens.Count} samples of width {tokens.Width}, but there "
                    + $"are {count} rows of width {rows?.Width ?? 0}; embed both with the same command");
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

    /// <summary>What tells quickly that ranks have other data: by what each part is called its size, and what its source says.</summary>
    internal IEnumerable<(string Name, string Value)> Sources() =>
    [
        ("images", $"{Pairing.Images} x {Images.Width} {Share?.Images.Source}"),
        ("texts", $"{Pairing.Texts} x {Texts.Width} {Share?.Texts.Source}"),
        ("unpaired images", $"{UnpairedImageCount} {Share?.UnpairedImages?.Source}"),
        ("unpaired texts", $"{UnpairedTextCount} {Share?.UnpairedTexts?.Source}"),
        ("validation images", $"{ValidationImages?.Rows}"),
        ("shares", Share == null ? "all rows" : "own rows"),
    ];

    /// <summary>A hash of the contents of each part, by what the part is called: a checkpoint belongs to its data.</summary>
    /// <param name="sum">Adds up what each rank has found of the rows that it holds; unused where all rows are here.</param>
    internal IEnumerable<(string Name, string Hash)> Fingerprints(Func<UInt128, UInt128> sum)
    {
        yield return ("images", Shared(Images, Share?.Images));
        yield return ("texts", Shared(Texts, Share?.Texts));
        yield return ("pairs", Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(Pairing.ImageOfText.ToArray()))));
        yield return ("unpaired images", Shared(UnpairedImages, Share?.UnpairedImages));
        yield return ("unpaired texts", Shared(UnpairedTexts, Share?.UnpairedTexts));
        yield return ("validation images", Shared(ValidationImages, null));
        yield return ("validation texts", Shared(ValidationTexts, null));
        yield return ("image tokens", HashOf(ImageTokens));
        yield return ("text tokens", HashOf(TextTokens));
        yield return ("validation image tokens", HashOf(ValidationImageTokens));
        yield return ("validation text tokens", HashOf(ValidationTextTokens));
        yield return ("image encoder", ImageEncoder?.Fingerprint ?? "");
        yield return ("text encoder", TextEncoder?.Fingerprint ?? "");

        string Shared(Tensor? rows, HeldRows? held)
        {
            if (rows == null) return "";
            UInt128 hash = HashOf(rows, held);
            return string.Create(CultureInfo.InvariantCulture,
                $"{held?.Count ?? rows.Rows} x {rows.Width} {(held == null ? hash : sum(hash)):x32}");
        }
    }

    // The sum of the rows' hashes, each with the row's number: the same whoever holds which.
    private static UInt128 HashOf(Tensor rows, HeldRows? held)
    {
        int width = rows.Width;
        var sums = new UInt128[Blocks.Count(rows.Rows, HashedSamples)];
        Blocks.For(rows.Rows, HashedSamples, (start, end) =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int row = start; row < end; row++)
            {
                hash.AppendData(BitConverter.GetBytes(held?.Numbers[row] ?? row));
                hash.AppendData(MemoryMarshal.AsBytes(rows.Span.Slice(row * width, width)));
                sums[start / HashedSamples] += BinaryPrimitives.ReadUInt128LittleEndian(hash.GetHashAndReset());
            }
        });
        UInt128 sum = 0;
        foreach (var part in sums) sum += part;
        return sum;
    }

    // A hash of the hashes of blocks of samples, which go over the threads: tokens can be many times the features.
    private static string HashOf(ITokenSource? tokens)
    {
        if (tokens == null) return "";
        var hashes = new byte[Blocks.Count(tokens.Count, HashedSamples)][];
        Blocks.For(tokens.Count, HashedSamples, (start, end) =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            float[] values = [];
            for (int row = start; row < end; row++)
            {
                int length = tokens.Length(row) * tokens.Width;
                if (values.Length < length) values = new float[length];
                tokens.Read(row, values.AsSpan(0, length));
                hash.AppendData(BitConverter.GetBytes(length));
                hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan(0, length)));
            }

            hashes[start / HashedSamples] = hash.GetHashAndReset();
        });
        return Convert.ToHexStringLower(SHA256.HashData([.. hashes.SelectMany(hash => hash)]));
    }

    private static SampleFeatures Samples((Tensor Rows, ITokenSource? Tokens, HeldRows? Held) paired,
        (Tensor? Rows, HeldRows? Held) unpaired, Tensor? validation, ITokenSource? validationTokens)
    {
        return new(
            Set(paired.Rows, paired.Tokens, paired.Held), Set(unpaired.Rows, null, unpaired.Held), Set(validation, validationTokens, null));

        (Tensor, ITokenSource?, int, Func<int, int>?) Set(Tensor? rows, ITokenSource? tokens, HeldRows? held) =>
            (rows ?? new Tensor(0, paired.Rows.Width), tokens, held?.Count ?? rows?.Rows ?? 0, held == null ? null : held.PlaceOf);
    }
}
