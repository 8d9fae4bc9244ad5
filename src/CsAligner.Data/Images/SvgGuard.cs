using System.Globalization;
using System.Text;
using System.Xml;
using CsAligner.Tensors;

namespace CsAligner.Data.Images;

/// <summary>
/// Reads an SVG before the renderer does and refuses what could cost it minutes or gigabytes: declared entities,
/// deep nesting, references that multiply or go in circles, giant texts, embedded bitmaps, absurd sizes.
/// An accepted SVG is rewritten with its outer size set, so that the renderer never sees the declared one.
/// </summary>
internal static class SvgGuard
{
    public const int MaxBytes = 4 << 20;
    public const int MaxDepth = 100;
    public const int MaxElements = 20_000;
    public const int MaxText = 20_000;
    public const double MaxPixels = 268_402_689;

    private const string Svg = "http://www.w3.org/2000/svg";
    private const string XLink = "http://www.w3.org/1999/xlink";

    // Pixels of CSS, 96 to an inch.
    private static readonly (string Unit, double Pixels)[] Units =
        [("px", 1), ("pt", 96 / 72.0), ("pc", 16), ("mm", 96 / 25.4), ("cm", 96 / 2.54), ("in", 96)];

    /// <summary>Returns the text to draw at <paramref name="size"/> x <paramref name="size"/> pixels.</summary>
    public static byte[] Check(ReadOnlySpan<byte> svg, int size)
    {
        if (svg.Length > MaxBytes)
            throw Refuse($"it has {svg.Length} bytes; the limit is {MaxBytes}");
        XmlDocument document = Parse(svg);
        XmlElement root = document.DocumentElement!;
        if (root.LocalName != "svg" || root.NamespaceURI != Svg)
            throw Refuse($"its root is <{root.Name}>, expected <svg xmlns=\"{Svg}\">");
        CheckContent(root);
        SetSize(root, size);
        using var text = new MemoryStream();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { Encoding = new UTF8Encoding(false), OmitXmlDeclaration = true }))
            root.WriteTo(writer);
        return text.ToArray();
    }

    private static XmlDocument Parse(ReadOnlySpan<byte> svg)
    {
        // DTDs are ignored, not read: the entities they declare stay unknown, so that using one is an error.
        var settings =
            new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Ignore,
                XmlResolver = null,
                MaxCharactersFromEntities = 1,
                IgnoreComments = true
            };
        try
        {
            using (var depths = XmlReader.Create(new MemoryStream(svg.ToArray()), settings))
                CheckShape(depths);
            using var reader = XmlReader.Create(new MemoryStream(svg.ToArray()), settings);
            var document = new XmlDocument { XmlResolver = null };
            document.Load(reader);
            return document;
        }
        catch (XmlException e)
        {
            throw Refuse($"it is not well-formed, self-contained XML: {e.Message.TrimEnd('.')}");
        }
    }

    // Streaming, before a document is built: recursion over a deep document would end the process.
    private static void CheckShape(XmlReader reader)
    {
        int elements = 0;
        long text = 0;
        while (reader.Read())
        {
            if (reader.Depth > MaxDepth)
                throw Refuse($"its elements are nested more than {MaxDepth} deep");
            if (reader.NodeType == XmlNodeType.Element && ++elements > MaxElements)
                throw Refuse($"it has more than {MaxElements} elements");
            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && (text += reader.Value.Length) > MaxText)
                throw Refuse($"it has more than {MaxText} characters of text");
        }
    }

    private static void CheckContent(XmlElement root)
    {
        var byId = new Dictionary<string, XmlElement>(StringComparer.Ordinal);
        foreach (XmlElement element in Descend(root))
        {
            if (element.LocalName is "image" or "foreignObject" or "script" or "feImage")
                throw Refuse($"it holds <{element.LocalName}>; only vector shapes are supported");
            if (element.GetAttribute("id") is { Length: > 0 } id)
                byId.TryAdd(id, element);
            if (element.LocalName == "style" && element.InnerText.Contains("@import", StringComparison.OrdinalIgnoreCase))
                throw Refuse("its style imports another file");
        }

        Cost(root, byId, [], []);
    }

    /// <summary>How many elements are drawn once every reference is followed; a circle or more than the limit is refused.</summary>
    private static long Cost(XmlElement element, Dictionary<string, XmlElement> byId, Dictionary<XmlElement, long> known,
        HashSet<XmlElement> open)
    {
        if (known.TryGetValue(element, out long cost))
            return cost;
        if (!open.Add(element))
            throw Refuse($"<{element.LocalName} id=\"{Short(element.GetAttribute("id"))}\"> refers to itself");
        if (open.Count > 4 * MaxDepth)
            throw Refuse("its references form a chain that is too long");
        cost = 1;
        foreach (XmlElement child in element.ChildNodes.OfType<XmlElement>())
            cost = Add(cost, Cost(child, byId, known, open));
        foreach (string id in References(element))
        {
            if (byId.TryGetValue(id, out XmlElement? target))
                cost = Add(cost, Cost(target, byId, known, open));
        }

        open.Remove(element);
        known[element] = cost;
        return cost;
    }

    private static long Add(long a, long b) =>
        a + b <= MaxElements ? a + b : throw Refuse($"its references multiply to more than {MaxElements} elements");

    private static IEnumerable<string> References(XmlElement element)
    {
        foreach (XmlAttribute attribute in element.Attributes)
        {
            string value = attribute.Value;
            if (attribute.LocalName == "href")
            {
                if (value.StartsWith('#'))
                    yield return value[1..];
                continue;
            }

            int at = 0;
            while ((at = value.IndexOf("url(", at, StringComparison.OrdinalIgnoreCase)) >= 0)
            {
                at += 4;
                int end = value.IndexOf(')', at);
                if (end < 0)
                    break;
                string target = value[at..end].Trim(' ', '"', '\'');
                if (target.StartsWith('#'))
                    yield return target[1..];
            }
        }
    }

    private static IEnumerable<XmlElement> Descend(XmlElement root)
    {
        var stack = new Stack<XmlElement>([root]);
        while (stack.TryPop(out XmlElement? element))
        {
            yield return element;
            foreach (XmlElement child in element.ChildNodes.OfType<XmlElement>())
                stack.Push(child);
        }
    }

    private static void SetSize(XmlElement root, int size)
    {
        double width = Pixels(root.GetAttribute("width")), height = Pixels(root.GetAttribute("height"));
        if (width > 0 && height > 0 && width * height > MaxPixels)
            throw Refuse($"it declares {width:0} x {height:0} pixels; the limit is {MaxPixels:0} in total");
        if (root.GetAttribute("viewBox").Length == 0)
        {
            if (width <= 0 || height <= 0)
                throw Refuse("it has neither a viewBox nor a width and height that are lengths");
            root.SetAttribute("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}"));
        }

        root.SetAttribute("width", size.ToString(CultureInfo.InvariantCulture));
        root.SetAttribute("height", size.ToString(CultureInfo.InvariantCulture));
        root.RemoveAttribute("preserveAspectRatio");
        root.RemoveAttribute("style");
    }

    // A length in any unit that does not depend on where the picture is shown; 0 for others.
    private static double Pixels(string length)
    {
        string text = length.Trim();
        (string unit, double pixels) = Units
            .FirstOrDefault(known => text.EndsWith(known.Unit, StringComparison.OrdinalIgnoreCase), ("", 1));
        return double.TryParse(text[..^unit.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number * pixels)
                ? number * pixels
                : 0;
    }

    private static string Short(string id) => id.Length > 40 ? id[..40] : id;

    private static InputException Refuse(string why) => new($"refused to render the SVG: {why}; simplify it or remove it");
}
