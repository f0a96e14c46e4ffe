Option Explicit

' Fills the named cells of a workbook as a person would, and saves it as xlsx.
' The list has a line per answer: the defined name, a tab, the text (\n for a line break).
Sub Fill(sourcePath As String, listPath As String, targetPath As String)
    Dim files As Object, reader As Object, book As Object, cells As Object
    Dim entry As String, tabAt As Integer
    Dim openHow(0) As New com.sun.star.beans.PropertyValue
    Dim saveHow(0) As New com.sun.star.beans.PropertyValue
    On Error GoTo Failed
    openHow(0).Name = "Hidden"
    openHow(0).Value = True
    saveHow(0).Name = "FilterName"
    saveHow(0).Value = "Calc MS Excel 2007 XML"
    book = StarDesktop.loadComponentFromURL(ConvertToURL(sourcePath), "_blank", 0, openHow())
    files = CreateUnoService("com.sun.star.ucb.SimpleFileAccess")
    reader = CreateUnoService("com.sun.star.io.TextInputStream")
    reader.setInputStream(files.openFileRead(ConvertToURL(listPath)))
    reader.setEncoding("UTF-8")
    Do While Not reader.isEOF()
        entry = reader.readLine()
        tabAt = InStr(entry, Chr(9))
        If tabAt > 0 Then
            cells = book.NamedRanges.getByName(Left(entry, tabAt - 1)).getReferredCells()
            cells.getCellByPosition(0, 0).setString(Join(Split(Mid(entry, tabAt + 1), "\n"), Chr(10)))
        End If
    Loop
    reader.closeInput()
    book.storeToURL(ConvertToURL(targetPath), saveHow())
    book.close(True)
Failed:
    StarDesktop.terminate()
End Sub
