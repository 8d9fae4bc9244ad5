using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Pictures;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Icons;

/// <summary>A set of pictures: <c>emoji[:LANG][@PART]</c>.</summary>
internal sealed class NamedPictures(PictureSet set) : INamedData
{
    /// <inheritdoc/>
    public string Name => set.Name;

    /// <inheritdoc/>
    public string Usage => set.HasLanguages ? $"{Name}[:LANG][@PART]" : $"{Name}[@PART]";

    /// <inheritdoc/>
    public bool IsWhole => true;

    /// <inheritdoc/>
    public void Check(string option, string data)
    {
        try
        {
            PictureSets.Check(data);
        }
        catch (InputException failure)
        {
            throw new UsageException($"{option} {data}: {failure.Message}");
        }
    }

    /// <inheritdoc/>
    public SampleSource Open(IStudySession session, NamedDataRequest request)
    {
        if (request.ImageFolder is not null && set.Folder is null)
            throw new UsageException($"--data {request.Data}: {Name} comes from packages, not from a folder; leave out --image-folder");
        if (Path.Exists(request.Data))
            session.Say($"'{request.Data}' is the data set of that name; the file or folder beside you is './{request.Data}'");
        return Synchronously.Run(() => PictureSets.OpenAsync(request.Data, request.Size, request.AllCaptions, request.ImageFolder,
            IconDatasetLoader.Progress(session), session.Cancellation));
    }
}
