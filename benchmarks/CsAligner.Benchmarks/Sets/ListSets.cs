using System.Globalization;

namespace CsAligner.Benchmarks.Sets;

/// <summary>Lists of captions of any length, line by line. The pictures that they name are not made: a pass reads captions.</summary>
internal static class ListSets
{
    public const int CaptionsOfKarpathy = 5;

    public static string WriteTsv(string folder, int rows) =>
        Write(folder, "captions.tsv", rows, null, i => $"{SetForm.Image(i)}\t{SetForm.Caption(i)}");

    public static string WriteText(string folder, int rows) =>
        Write(folder, "captions.txt", rows, "image,caption", i => $"{SetForm.Image(i)},{SetForm.Caption(i)}");

    public static string WriteCsv(string folder, int rows) =>
        Write(folder, "captions.csv", rows, "id,image,caption", i => $"{i},{SetForm.Image(i)},\"{SetForm.Caption(i)}, \"\"quoted\"\"\"");

    public static string WriteJsonLines(string folder, int rows) =>
        Write(folder, "captions.jsonl", rows, null, i => $"{{\"image\": \"{SetForm.Image(i)}\", \"caption\": \"{SetForm.Caption(i)}\"}}");

    /// <summary>One text a line.</summary>
    public static string WriteTexts(string folder, int rows) => Write(folder, "texts.txt", rows, null, SetForm.Caption);

    public static string WriteCoco(string folder, int rows)
    {
        string path = Path.Combine(folder, "captions_val2017.json");
        using var file = new StreamWriter(path);
        file.Write("{\"info\": {\"description\": \"generated\"}, \"images\": [");
        for (int i = 0; i < rows; i++)
            file.Write(string.Create(CultureInfo.InvariantCulture,
                $"{(i > 0 ? ", " : "")}{{\"license\": 4, \"file_name\": \"{SetForm.Image(i)}\", \"height\": 427, \"width\": 640, "
                    + $"\"id\": {i + 1}}}"));
        file.Write("], \"annotations\": [");
        // Captions are not in the order of their images, as in COCO.
        for (int i = 0; i < rows; i++)
            file.Write(string.Create(CultureInfo.InvariantCulture,
                $"{(i > 0 ? ", " : "")}{{\"image_id\": {(i * 7919L % rows) + 1}, \"id\": {i}, \"caption\": \"{SetForm.Caption(i)}\"}}"));
        file.Write("]}");
        return MakeFirst(folder, path);
    }

    public static string WriteKarpathy(string folder, int rows)
    {
        string path = Path.Combine(folder, "dataset_flickr30k.json");
        using var file = new StreamWriter(path);
        file.Write("{\"images\": [");
        for (int i = 0; i < rows / CaptionsOfKarpathy; i++)
        {
            int first = i * CaptionsOfKarpathy;
            string sentences =
                string.Join(", ",
                    Enumerable.Range(first, CaptionsOfKarpathy)
                        .Select(k => $"{{\"tokens\": [\"{SetForm.Caption(k).Replace(" ", "\", \"", StringComparison.Ordinal)}\"], \"raw\": "
                            + $"\"{SetForm.Caption(k)}\", \"imgid\": {i}, \"sentid\": {k}}}"));
            file.Write($"{(i > 0 ? ", " : "")}{{\"sentids\": [{first}], \"imgid\": {i}, \"sentences\": [{sentences}], \"split\": "
                + $"\"train\", \"filename\": \"{SetForm.Image(i)}\"}}");
        }

        file.Write("], \"dataset\": \"generated\"}");
        return $"karpathy:{MakeFirst(folder, path)}:train";
    }

    private static string Write(string folder, string name, int rows, string? heading, Func<int, string> line)
    {
        string path = Path.Combine(folder, name);
        using var file = new StreamWriter(path) { NewLine = "\n" };
        if (heading is not null) file.WriteLine(heading);
        for (int i = 0; i < rows; i++) file.WriteLine(line(i));
        return path;
    }

    // By its first picture the reader finds the folder of all.
    private static string MakeFirst(string folder, string path)
    {
        string image = Path.Combine(folder, SetForm.Image(0));
        Directory.CreateDirectory(Path.GetDirectoryName(image)!);
        File.WriteAllBytes(image, []);
        return path;
    }
}
