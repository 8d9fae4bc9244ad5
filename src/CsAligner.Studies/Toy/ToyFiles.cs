using System.Text;
using CsAligner.Data.Images;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Toy;

/// <summary>toy.svg, toy.md and, where SVG can be drawn, toy.png.</summary>
internal static class ToyFiles
{
    /// <summary>The figure's width in pixels, twice what it is drawn for.</summary>
    private const int PictureWidth = 2328;

    /// <summary>Writes them; gives whether toy.png is among them.</summary>
    public static bool Write(IStudySession session, string folder, IReadOnlyList<ToyResult> results, ulong seed)
    {
        string picture = ToyPicture.Write(results);
        Write(folder, "toy.svg", Encoding.UTF8.GetBytes(picture));
        Write(folder, "toy.md", Encoding.UTF8.GetBytes(ToyResult.Markdown(results, seed)));
        return TryWritePicture(folder, picture, results.Count, session);
    }

    // The renderer draws into a square: the picture lies across its middle.
    private static bool TryWritePicture(string folder, string svg, int cases, IStudySession session)
    {
        (double width, double height) = ToyPicture.SizeOf(cases);
        int rows = (int)(PictureWidth * height / width), first = (PictureWidth - rows) / 2;
        byte[] pixels;
        try
        {
            pixels = ImageRasterizer.SvgToRgba(Encoding.UTF8.GetBytes(svg), PictureWidth);
        }
        catch (InputException failure)
        {
            session.Say($"toy.png is left out: {failure.Message}");
            return false;
        }

        var rgb = new byte[PictureWidth * rows * 3];
        for (int i = 0; i < PictureWidth * rows; i++)
        {
            int from = 4 * ((first * PictureWidth) + i);
            for (int channel = 0; channel < 3; channel++)
                rgb[(3 * i) + channel] = (byte)(255 + ((pixels[from + channel] - 255) * pixels[from + 3] / 255));
        }

        Write(folder, "toy.png", PngFile.Encode(rgb, PictureWidth, rows));
        return true;
    }

    private static void Write(string folder, string name, byte[] content) =>
        AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(content));
}
