using System.Globalization;

namespace CsAligner.Data.Icons;

/// <summary>The SVG elements of an icon, the box they are drawn in, and how an alias turns them.</summary>
/// <param name="Body">SVG elements.</param>
/// <param name="Left">Left edge of the box.</param>
/// <param name="Top">Top edge of the box.</param>
/// <param name="Width">Width of the box, above 0.</param>
/// <param name="Height">Height of the box, above 0.</param>
/// <param name="Rotate">Quarter turns clockwise.</param>
/// <param name="FlipHorizontally">Mirrored left to right, before it is turned.</param>
/// <param name="FlipVertically">Mirrored top to bottom, before it is turned.</param>
public sealed record IconShape(string Body, double Left, double Top, double Width, double Height, int Rotate = 0,
    bool FlipHorizontally = false, bool FlipVertically = false)
{
    /// <summary>
    /// The icon as an SVG of <paramref name="size"/> x <paramref name="size"/> pixels, proportions kept, centred.
    /// <c>currentColor</c> is black, as it is where nothing sets a colour.
    /// </summary>
    public string ToSvg(int size)
    {
        double left = Left, top = Top, width = Width, height = Height;
        var turns = new List<string>();
        int rotate = Rotate;
        if (FlipHorizontally && FlipVertically)
        {
            rotate += 2;
        }
        else if (FlipHorizontally)
        {
            turns.Add($"translate({Text(width + left)} {Text(0 - top)}) scale(-1 1)");
            left = top = 0;
        }
        else if (FlipVertically)
        {
            turns.Add($"translate({Text(0 - left)} {Text(height + top)}) scale(1 -1)");
            left = top = 0;
        }

        rotate = ((rotate % 4) + 4) % 4;
        if (rotate == 1)
            turns.Insert(0, $"rotate(90 {Text(height / 2 + top)} {Text(height / 2 + top)})");
        else if (rotate == 2)
            turns.Insert(0, $"rotate(180 {Text(width / 2 + left)} {Text(height / 2 + top)})");
        else if (rotate == 3)
            turns.Insert(0, $"rotate(-90 {Text(width / 2 + left)} {Text(width / 2 + left)})");
        if (rotate % 2 == 1)
        {
            (left, top) = (top, left);
            (width, height) = (height, width);
        }

        string body = turns.Count == 0 ? Body : $"<g transform=\"{string.Join(' ', turns)}\">{Body}</g>";
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{size}\" height=\"{size}\" "
            + $"viewBox=\"{Text(left)} {Text(top)} {Text(width)} {Text(height)}\">{body}</svg>";
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
