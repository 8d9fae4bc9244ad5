using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Training;

// Shapes: images [M, D], texts [N, D], unpaired images [U, D], unpaired texts [V, D].

/// <summary>The features that alignment trains on: unit rows of one width.</summary>
public sealed record AlignmentData
{
    /// <summary>Features with their pairs.</summary>
    /// <param name="images">[M, D].</param>
    /// <param name="texts">[N, D].</param>
    /// <param name="pairing">Null: row i to row i. An epoch takes each image once, with one of its texts.</param>
    /// <exception cref="InputException">Widths differ, or there are no pairs.</exception>
    public AlignmentData(Tensor images, Tensor texts, Pairing? pairing = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        if (images.Rank != 2 || texts.Rank != 2 || images.Width != texts.Width)
            throw new InputException($"align: images and texts must be matrices of one width, got {images} and {texts}");
        if (pairing == null && images.Rows != texts.Rows)
            throw new InputException($"align: {images.Rows} images and {texts.Rows} texts need pairs: give --pairs P.npy, for each text the row of its image");
        (Images, Texts, Pairing) = (images, texts, pairing ?? Pairing.Diagonal(images.Rows));
    }

    /// <summary>[M, D].</summary>
    public Tensor Images { get; }

    /// <summary>[N, D].</summary>
    public Tensor Texts { get; }

    /// <summary>Which text belongs to which image.</summary>
    public Pairing Pairing { get; }

    /// <summary>[U, D], images without texts: they take part in D_CS.</summary>
    public Tensor? UnpairedImages { get; init; }

    /// <summary>[V, D], texts without images: they take part in D_CS.</summary>
    public Tensor? UnpairedTexts { get; init; }

    /// <summary>[W, D] held-out images to choose the best epoch by; null takes a fraction of the pairs.</summary>
    public Tensor? ValidationImages { get; init; }

    /// <summary>[W, D] held-out texts, row i the partner of row i.</summary>
    public Tensor? ValidationTexts { get; init; }

    /// <summary>Checks what the constructor could not see.</summary>
    /// <exception cref="InputException">Widths differ, or a validation side is missing.</exception>
    internal void Validate()
    {
        foreach (var (name, rows) in new[]
        {
            ("unpaired images", UnpairedImages), ("unpaired texts", UnpairedTexts), ("validation images", ValidationImages), ("validation texts", ValidationTexts),
        })
        {
            if (rows != null && (rows.Rank != 2 || rows.Width != Images.Width))
                throw new InputException($"align: {name} must be a matrix of width {Images.Width} like the images, got {rows}");
        }

        if (ValidationImages?.Rows != ValidationTexts?.Rows)
            throw new InputException($"align: validation images and texts must have as many rows, got {ValidationImages?.Rows ?? 0} and {ValidationTexts?.Rows ?? 0}");
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

        hash.AppendData(MemoryMarshal.AsBytes<int>(Pairing.ImageOfText.ToArray()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
