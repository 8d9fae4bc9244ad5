using System.Globalization;
using System.Text.Json;
using CsAligner.Data.Images;
using CsAligner.Generation;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// The folder that <c>generate</c> writes: numbered pictures as they are made, a sheet of them, and finally the record of the run. Each
/// file is whole or not there, and what an earlier run left is never mixed with a new one's.
/// </summary>
internal sealed class PictureFolder
{
    private const string Extension = ".png";

    private const int LeastDigits = 4;

    // A sheet is for looking at: beyond this it shows the first pictures.
    private const int SheetColumns = 8, MostVariants = 64, MostSheetBytes = 64 << 20;

    private readonly string _folder;
    private readonly int _imageSize, _count, _digits, _columns, _mostOnSheet;
    private readonly PictureSheet _sheet;
    private int _onSheet;

    /// <summary>Makes the folder if it does not exist.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="imageSize">The side of each picture in pixels.</param>
    /// <param name="count">Pictures per input; the sheet shows them in a row.</param>
    /// <param name="pictures">Pictures in all.</param>
    public PictureFolder(string folder, int imageSize, int count, long pictures)
    {
        (_folder, _imageSize, _count) = (folder, imageSize, count);
        _digits = Math.Max(LeastDigits, Text(pictures - 1).Length);
        _columns = count == 1 ? SheetColumns : Math.Min(count, MostVariants);
        _mostOnSheet = Math.Max(1, MostSheetBytes / (3 * imageSize * imageSize));
        _sheet = new PictureSheet(_columns, imageSize);
        AtomicFile.CreateFolder(folder);
        AtomicFile.CleanFolder(folder);
    }

    /// <summary>Pictures written so far.</summary>
    public int Written { get; private set; }

    /// <summary>Refuses a folder with pictures of an earlier run, whole or stopped.</summary>
    /// <param name="folder">It need not exist.</param>
    /// <exception cref="InputException">It holds such files.</exception>
    public static void RequireFree(string folder)
    {
        if (!Directory.Exists(folder)) return;
        string? found = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(IsOurs).Min(StringComparer.Ordinal);
        if (found is not null)
            throw new InputException($"'{folder}' already has pictures ({found}): new ones would mix with them; give another --out");
    }

    /// <summary>Writes the next picture.</summary>
    /// <param name="number">From 0.</param>
    /// <param name="rgb">Its pixels.</param>
    public void Write(int number, byte[] rgb)
    {
        AtomicFile.WriteAllBytes(Path.Combine(_folder, NameOf(number)), PngFile.Encode(rgb, _imageSize, _imageSize));
        Written++;
        if ((_count > 1 && number % _count >= _columns) || _onSheet == _mostOnSheet) return;
        _sheet.Add(rgb);
        _onSheet++;
    }

    /// <summary>Writes the sheet, then what made the pictures.</summary>
    /// <param name="account">The text of generate.json.</param>
    public void Finish(string account)
    {
        AtomicFile.WriteAllBytes(Path.Combine(_folder, GeneratedPictures.SheetFile), _sheet.ToPng());
        AtomicFile.WriteAllText(Path.Combine(_folder, GeneratedPictures.RecordFile), account + "\n");
    }

    /// <summary>Writes the names of the files as properties.</summary>
    /// <param name="writer">Within an object.</param>
    public void WriteNames(Utf8JsonWriter writer)
    {
        writer.WriteString("sheet", GeneratedPictures.SheetFile);
        writer.WriteStartArray("pictures");
        for (int number = 0; number < Written; number++) writer.WriteStringValue(NameOf(number));
        writer.WriteEndArray();
    }

    private static bool IsOurs(string name) => name is GeneratedPictures.RecordFile or GeneratedPictures.SheetFile || IsNumbered(name);

    private static bool IsNumbered(string name) =>
        name.EndsWith(Extension, StringComparison.Ordinal)
        && name.Length >= LeastDigits + Extension.Length
        && !name.AsSpan(..^Extension.Length).ContainsAnyExceptInRange('0', '9');

    private string NameOf(int number) => Text(number).PadLeft(_digits, '0') + Extension;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
