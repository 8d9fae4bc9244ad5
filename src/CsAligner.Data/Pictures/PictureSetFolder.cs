using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Pictures;

/// <summary>A folder that sets of pictures are written to: PNG files, a list of captions, and the licences.</summary>
internal sealed class PictureSetFolder(string folder, int size, IProgress<IconProgress>? progress, CancellationToken cancellationToken)
{
    private const string List = "captions.jsonl", Licences = "LICENSES.md";

    private readonly ImagePixels _pixels = new(new ImagePreprocessing(size, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation));

    /// <summary>Writes the sets; what cannot be decoded is left out.</summary>
    /// <returns>The pictures that were left out, and why.</returns>
    public IReadOnlyList<(Picture Picture, string Why)> Write(
        IReadOnlyList<(PictureSet Set, string? Language, PictureSamples Samples)> sets)
    {
        RequireOwn([.. sets.Select(set => set.Set.Name)]);
        AtomicFile.CreateFolder(folder);
        AtomicFile.CleanFolder(folder);
        using var captions = new MemoryStream();
        var licences = new StringBuilder("# Pictures and their licences\n\n");
        var broken = new List<(Picture Picture, string Why)>();
        long done = 0, total = sets.Sum(set => set.Samples.Count);
        foreach ((PictureSet set, string? language, PictureSamples samples) in sets)
        {
            var bad = Draw(set, samples);
            broken.AddRange(samples.Pictures.Where(bad.ContainsKey).Select(picture => (picture, bad[picture])));
            foreach (Picture picture in samples.Pictures.Where(picture => !bad.ContainsKey(picture)))
                WriteLine(captions, set, language, picture);
            licences.Append(set.LicenceText(samples.Pictures));
            progress?.Report(new IconProgress("writing pictures", done += samples.Count, total));
        }

        AtomicFile.WriteAllBytes(Path.Combine(folder, List), captions.ToArray());
        AtomicFile.WriteAllText(Path.Combine(folder, Licences), WrittenBy.Sign(licences.ToString()));
        return broken;
    }

    private static string FileOf(PictureSet set, Picture picture) => $"{set.Name}/{picture.Key.Replace(':', '/')}.png";

    private ConcurrentDictionary<Picture, string> Draw(PictureSet set, PictureSamples samples)
    {
        foreach (string subfolder in samples.Pictures.Select(p => Path.GetDirectoryName(FileOf(set, p))!).Distinct(StringComparer.Ordinal))
        {
            AtomicFile.CreateFolder(Path.Combine(folder, subfolder));
            AtomicFile.CleanFolder(Path.Combine(folder, subfolder));
        }

        var bad = new ConcurrentDictionary<Picture, string>(ReferenceEqualityComparer.Instance);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Compute.Threads, CancellationToken = cancellationToken };
        Parallel.For(0, samples.Parts, options, () => new byte[_pixels.Length], (i, _, rgb) =>
        {
            Picture picture = samples.Pictures[i];
            byte[] png;
            try
            {
                _pixels.Read(samples.ReadPart(i).Single().Load(SampleParts.Image), rgb);
                png = PngFile.Encode(rgb, size, size);
            }
            catch (InputException failure)
            {
                bad[picture] = failure.Message;
                return rgb;
            }

            AtomicFile.WriteAllBytes(Path.Combine(folder, FileOf(set, picture)), png);
            return rgb;
        }, _ => { });
        return bad;
    }

    // One list for all pictures of the folder: that of other sets would be lost.
    private void RequireOwn(HashSet<string> sets)
    {
        string list = Path.Combine(folder, List);
        if (!File.Exists(list)) return;
        string? other;
        try
        {
            other = File.ReadLines(list).Select(SetOf).FirstOrDefault(set => !sets.Contains(set));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{list}': {failure.Message}", failure);
        }

        if (other is not null)
            throw new InputException($"'{folder}' already has a {List} of other pictures{(other.Length > 0 ? $" ('{other}')" : "")}, which "
                + "would be lost; give another folder");
    }

    private static string SetOf(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("set", out var set)
                && set.ValueKind == JsonValueKind.String ? set.GetString()! : "";
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    private static void WriteLine(MemoryStream captions, PictureSet set, string? language, Picture picture)
    {
        using (var writer = new Utf8JsonWriter(captions))
        {
            writer.WriteStartObject();
            writer.WriteString("file", FileOf(set, picture));
            writer.WriteString("set", set.Name);
            writer.WriteString("name", picture.Key);
            if (language is not null) writer.WriteString("language", language);
            writer.WriteString("caption", picture.Captions[0]);
            writer.WriteStartArray("keywords");
            foreach (string keyword in picture.Captions.Skip(1)) writer.WriteStringValue(keyword);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        captions.WriteByte((byte)'\n');
    }
}
