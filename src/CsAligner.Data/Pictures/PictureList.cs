using CsAligner.Data.Datasets.Samples;

namespace CsAligner.Data.Pictures;

/// <summary>The pictures of a set in one language.</summary>
/// <param name="Pictures">In the set's order.</param>
internal abstract record PictureList(IReadOnlyList<Picture> Pictures)
{
    /// <summary>"key: why" for each picture of the set that cannot be drawn, and is not in the list.</summary>
    public IReadOnlyList<string> Broken { get; init; } = [];

    /// <summary>What tells this list's pictures from those of another place or size; not their names or captions.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>Reads a picture, without captions. Safe from several threads.</summary>
    /// <param name="picture">One of the list's.</param>
    /// <exception cref="Tensors.InputException">It cannot be read or drawn.</exception>
    public abstract Sample Read(Picture picture);
}
