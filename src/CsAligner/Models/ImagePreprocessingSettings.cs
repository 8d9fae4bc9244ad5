using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Models;

/// <summary>
/// What an application or a small file says of a model's preprocessing; what is null stays as other files say. For graphs without a
/// preprocessor_config.json, and for those that differ from it.
/// </summary>
public sealed record ImagePreprocessingSettings
{
    private static readonly string[] Keys =
        ["size", "short_side", "resize", "filter", "channels", "scale", "mean", "std", "input", "output"];

    private static readonly (string Name, ResizeRule Rule)[] Rules = [("short-side", ResizeRule.ShortSide), ("square", ResizeRule.Square)];

    /// <summary>The side of the square input in pixels (<see cref="ImagePreprocessing.ImageSize"/>): JSON "size".</summary>
    public int? ImageSize { get; init; }

    /// <summary>The size before the crop, at least <see cref="ImageSize"/>: JSON "short_side".</summary>
    public int? ShortSide { get; init; }

    /// <summary>The sides that are resized: JSON "resize", short-side or square.</summary>
    public ResizeRule? Resize { get; init; }

    /// <summary>How pixels are weighed in resizing: JSON "filter", such as bilinear.</summary>
    public ResampleFilter? Filter { get; init; }

    /// <summary>The order of channels: JSON "channels", rgb or bgr.</summary>
    public ChannelOrder? Channels { get; init; }

    /// <summary>What white becomes before the mean is taken off, above 0: JSON "scale", 1 or 255 for most.</summary>
    public float? Scale { get; init; }

    /// <summary>Three numbers in the order of <see cref="Channels"/>, taken off after scaling: JSON "mean".</summary>
    public IReadOnlyList<float>? Mean { get; init; }

    /// <summary>Three numbers above 0 in the order of <see cref="Channels"/>, divided by: JSON "std".</summary>
    public IReadOnlyList<float>? Deviation { get; init; }

    /// <summary>The graph's input for pixels: JSON "input".</summary>
    public string? Input { get; init; }

    /// <summary>The graph's output with the features: JSON "output".</summary>
    public string? Output { get; init; }

    /// <summary>The names of the resize rules.</summary>
    public static IReadOnlyList<string> ResizeNames { get; } = [.. Rules.Select(rule => rule.Name)];

    /// <summary>The rule of a name.</summary>
    /// <param name="name">One of <see cref="ResizeNames"/>.</param>
    public static ResizeRule ResizeOf(string name) => Rules.First(rule => rule.Name == name).Rule;

    /// <summary>Reads a file.</summary>
    /// <param name="path">A JSON object with some of the keys above.</param>
    /// <exception cref="InputException">It is no such file; a key is not known or has a value that makes no sense.</exception>
    public static ImagePreprocessingSettings Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new InputException($"{path}: expected a JSON object");
            foreach (var member in root.EnumerateObject())
                if (!Keys.Contains(member.Name))
                    throw new InputException($"{path}: there is no setting \"{member.Name}\"{Suggestion.End(member.Name, Keys)}; expected "
                        + $"some of {string.Join(", ", Keys)}");
            var read = new ImagePreprocessingSettings
            {
                ImageSize = Whole("size"),
                ShortSide = Whole("short_side"),
                Resize = OneOf("resize", ResizeNames) is { } rule ? ResizeOf(rule) : null,
                Filter = Named<ResampleFilter>("filter"),
                Channels = Named<ChannelOrder>("channels"),
                Scale = Get("scale") is { } scale
                    ? scale.ValueKind == JsonValueKind.Number && scale.TryGetSingle(out float value)
                        ? value
                        : throw Wrong("scale", "a number")
                    : null,
                Mean = Three("mean"),
                Deviation = Three("std"),
                Input = Text("input"),
                Output = Text("output"),
            };
            read.Check(path);
            return read;

            JsonElement? Get(string key) =>
                root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
            InputException Wrong(string key, string expected) =>
                new($"{path}: \"{key}\" is {ConfigKeyRules.Shown(root.GetProperty(key))}; expected {expected}");
            string? Text(string key) => Get(key) is { } value
                ? value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "a text")
                : null;
            int? Whole(string key) => Get(key) is { } value
                ? value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, "a whole number")
                : null;
            string? OneOf(string key, IReadOnlyList<string> names) => Text(key) is { } name
                ? names.Contains(name) ? name : throw Wrong(key, $"one of {string.Join(", ", names)}")
                : null;
            T? Named<T>(string key)
                where T : struct, Enum =>
                OneOf(key, [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())]) is { } name
                    ? Enum.Parse<T>(name, ignoreCase: true)
                    : null;
            float[]? Three(string key) => Get(key) is { } value
                ? value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3
                    && value.EnumerateArray().All(number => number.ValueKind == JsonValueKind.Number && number.TryGetSingle(out _))
                    ? [.. value.EnumerateArray().Select(number => number.GetSingle())]
                    : throw Wrong(key, "three numbers")
                : null;
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON (line {e.LineNumber + 1}); write it again", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException($"{path}: not valid JSON ({e.Message.TrimEnd('.')}); write it again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {e.Message}", e);
        }
    }

    /// <summary>These settings, and of others what these leave open.</summary>
    /// <param name="others">May be null.</param>
    public ImagePreprocessingSettings Over(ImagePreprocessingSettings? others) => others is null ? this : new()
    {
        ImageSize = ImageSize ?? others.ImageSize,
        ShortSide = ShortSide ?? others.ShortSide,
        Resize = Resize ?? others.Resize,
        Filter = Filter ?? others.Filter,
        Channels = Channels ?? others.Channels,
        Scale = Scale ?? others.Scale,
        Mean = Mean ?? others.Mean,
        Deviation = Deviation ?? others.Deviation,
        Input = Input ?? others.Input,
        Output = Output ?? others.Output,
    };

    /// <summary>The whole preprocessing.</summary>
    /// <param name="basis">What the model's own file says; null if there is none: size, mean and std must be given then, and the rest
    /// is bilinear, short-side, rgb, 1.</param>
    /// <param name="where">What they belong to, for errors.</param>
    /// <exception cref="InputException">Something is missing or makes no sense.</exception>
    public ImagePreprocessing Complete(ImagePreprocessing? basis, string where)
    {
        Check(where);
        if (basis is null && (ImageSize, Mean, Deviation) is (null, _, _) or (_, null, _) or (_, _, null))
            throw new InputException($"{where}: nothing says how its pictures are prepared: there is no {ImagePreprocessing.FileName}, and "
                + "size, mean and std are not all set; take them from where the model was published");
        basis ??= new ImagePreprocessing(ImageSize!.Value, Mean!, Deviation!) { Filter = ResampleFilter.Bilinear };

        // A new size without a new short side keeps no crop of another size.
        int size = ImageSize ?? basis.ImageSize;
        int shortSide = ShortSide ?? (ImageSize is null || size == basis.ImageSize ? basis.ShortSide : size);
        if (shortSide < size)
            throw new InputException(
                $"{where}: the short side is {shortSide} pixels, less than the input's {size}; expected at least that");
        return basis with
        {
            ImageSize = size,
            ShortSide = shortSide,
            Resize = Resize ?? basis.Resize,
            Filter = Filter ?? basis.Filter,
            Channels = Channels ?? basis.Channels,
            Scale = Scale ?? basis.Scale,
            Mean = Mean ?? basis.Mean,
            Deviation = Deviation ?? basis.Deviation,
        };
    }

    private void Check(string where)
    {
        foreach (var (name, value) in ((string, int?)[])[("size", ImageSize), ("short_side", ShortSide)])
            if (value is < 1 or > ImagePreprocessing.LargestSize)
                throw new InputException($"{where}: {name} is {value}; expected 1 to {ImagePreprocessing.LargestSize} pixels");
        if (Scale is { } scale && !(scale > 0 && float.IsFinite(scale)))
            throw new InputException($"{where}: scale is {scale}; expected a number above 0, such as 1 or 255");
        foreach (var (name, values, positive) in ((string, IReadOnlyList<float>?, bool)[])[("mean", Mean, false), ("std", Deviation, true)])
            if (values is not null && (values.Count != 3 || values.Any(value => !float.IsFinite(value) || (positive && value <= 0))))
                throw new InputException(
                    $"{where}: {name} is [{string.Join(", ", values)}]; expected three {(positive ? "numbers above 0" : "numbers")}");
    }
}
