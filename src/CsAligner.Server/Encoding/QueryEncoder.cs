using CsAligner.Models;
using CsAligner.Server.Configuration;
using CsAligner.Server.Pictures;
using CsAligner.Tensors;

namespace CsAligner.Server.Encoding;

/// <summary>Rows of words, and of picture files, which are decoded in another process.</summary>
internal sealed class QueryEncoder(SpaceEncoder space, EncodingQueue queue, PictureDecoders decoders, SearchServerOptions options)
{
    /// <summary>Values in a row.</summary>
    public int Width => space.Width;

    /// <summary>The row of words.</summary>
    /// <exception cref="InputException">The model embeds no words.</exception>
    public Task<float[]> WordsAsync(string words, CancellationToken cancellation)
    {
        if (!space.TakesWords) throw space.WithoutWords();
        return queue.WordsAsync(words, cancellation);
    }

    /// <summary>The row of a picture.</summary>
    /// <exception cref="InputException">It cannot be decoded, or the model embeds no pictures.</exception>
    public async Task<float[]> PictureAsync(byte[] file, CancellationToken cancellation)
    {
        ImagePreprocessing model = space.Preprocessing ?? throw space.WithoutPictures();
        byte[] pixels = await decoders.RunAsync(PictureJob.ForModel(model, options.PictureLimits), file, cancellation);
        return await queue.PictureAsync(pixels, cancellation);
    }
}
