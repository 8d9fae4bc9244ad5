using CsAligner.Adapters;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Server.Encoding;

/// <summary>Makes words and pictures rows of the index's space: frozen encoders, and the adapters that aligned them.</summary>
public sealed class SpaceEncoder
{
    private readonly IImageEncoder? _images;
    private readonly ITextEncoder? _texts;
    private readonly Adapter? _imageAdapter, _textAdapter;

    /// <summary>Joins encoders and adapters. It does not own them.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="images">Embeds pictures; null if no picture can be asked for.</param>
    /// <param name="texts">Embeds words; null if no words can be asked for.</param>
    /// <param name="imageAdapter">Maps features of pictures; null leaves them.</param>
    /// <param name="textAdapter">Maps features of words; null leaves them.</param>
    /// <exception cref="InputException">An adapter takes features of another width, or the two sides give rows of different widths.
    /// </exception>
    public SpaceEncoder(string name, IImageEncoder? images, ITextEncoder? texts, Adapter? imageAdapter = null, Adapter? textAdapter = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (images is null && texts is null) throw new ArgumentException("Give an encoder of pictures, of words, or both.", nameof(images));
        (Name, _images, _texts, _imageAdapter, _textAdapter) = (name, images, texts, imageAdapter, textAdapter);
        int? ofImages = WidthOf(images?.Width, imageAdapter, "pictures"), ofTexts = WidthOf(texts?.Width, textAdapter, "words");
        if (ofImages is { } a && ofTexts is { } b && a != b)
            throw new InputException(
                $"pictures become rows of {a} values, words of {b}: they are not in one space; give the adapters of one "
                + "run of align");
        Width = (ofImages ?? ofTexts)!.Value;
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>Values in a row.</summary>
    public int Width { get; }

    /// <summary>How pictures are prepared; null if none can be embedded.</summary>
    public ImagePreprocessing? Preprocessing => _images?.Preprocessing;

    /// <summary>Whether words can be embedded.</summary>
    public bool TakesWords => _texts is not null;

    /// <summary>Rows of words [N, <see cref="Width"/>].</summary>
    /// <exception cref="InputException">The model embeds no words.</exception>
    public Tensor EmbedWords(IReadOnlyList<string> words)
    {
        if (_texts is null) throw WithoutWords();
        Tensor rows = _texts.EmbedTexts(words);
        return _textAdapter?.Apply(rows) ?? rows;
    }

    /// <summary>Rows of pictures [N, <see cref="Width"/>].</summary>
    /// <param name="pixels">Each 8-bit RGB of <see cref="Preprocessing"/>'s size.</param>
    /// <exception cref="InputException">The model embeds no pictures.</exception>
    public Tensor EmbedPictures(IReadOnlyList<byte[]> pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (_images is null) throw WithoutPictures();
        Tensor rows = _images.EmbedImages(pixels.Count, (index, rgb) => pixels[index].CopyTo(rgb));
        return _imageAdapter?.Apply(rows) ?? rows;
    }

    internal InputException WithoutWords() => new($"'{Name}' embeds no words: ask with a picture or an item");

    internal InputException WithoutPictures() => new($"'{Name}' embeds no pictures: ask with words or an item");

    private static int? WidthOf(int? width, Adapter? adapter, string what)
    {
        if (width is not { } features || adapter is null) return width;
        if (adapter.UsesTokens) throw new InputException(
            $"the adapter of {what} reads tokens, which queries do not have; align with another");
        return adapter.InputWidth == features
            ? adapter.OutputWidth
            : throw new InputException($"the adapter of {what} maps features of {adapter.InputWidth} values, the encoder gives {features}; "
                + "give the adapter that was trained on this encoder");
    }
}
